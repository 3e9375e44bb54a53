import type { Task } from '@treadle/contracts';
import type { Capabilities } from '@treadle/nodes';
import type { CapabilitySource } from '../domain/capability-source.js';
import { GrpcModels, type ModelService } from './grpc-models.js';
import type { GuardedHttp } from './guarded-http.js';

/** Capabilities served by the platform's other services and by the guarded way out. */
export class ServiceCapabilities implements CapabilitySource {
  constructor(
    private readonly models: ModelService,
    private readonly http: GuardedHttp,
  ) {}

  forTask(task: Task, signal: AbortSignal): Capabilities {
    return { models: new GrpcModels(this.models, task, signal), http: this.http.forSignal(signal) };
  }
}
