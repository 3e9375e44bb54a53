import type { ModelServiceService, RunServiceService, WorkflowServiceService } from '@treadle/contracts';
import type { Handlers } from '@treadle/grpc';

export type Runs = Handlers<RunServiceService>;
export type Workflows = Handlers<WorkflowServiceService>;
export type Models = Pick<Handlers<ModelServiceService>, 'resolveModel'>;
