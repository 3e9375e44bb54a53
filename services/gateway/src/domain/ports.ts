import type {
  ApprovalServiceService,
  ConversationServiceService,
  DatasetServiceService,
  EntryServiceService,
  ErasureServiceService,
  FeedbackServiceService,
  FileServiceService,
  LabelServiceService,
  ModelAdminServiceService,
  ModelServiceService,
  RetentionServiceService,
  RetrievalServiceService,
  RunContinuationServiceService,
  RunDataServiceService,
  RunServiceService,
  ToolAdminServiceService,
  ToolServiceService,
  UpkeepServiceService,
  WorkflowServiceService,
} from '@treadle/contracts';
import type { Handlers } from '@treadle/grpc';

export type Conversations = Handlers<ConversationServiceService>;
export type StoredFiles = Handlers<FileServiceService>;
export type Continuations = Handlers<RunContinuationServiceService>;
export type Datasets = Handlers<DatasetServiceService>;
export type Labels = Handlers<LabelServiceService>;
export type Retrieval = Handlers<RetrievalServiceService>;
export type Retention = Handlers<RetentionServiceService>;
export type Erasures = Handlers<ErasureServiceService>;
export type RunData = Handlers<RunDataServiceService>;
export type StoreUpkeep = Handlers<UpkeepServiceService>;
export type Runs = Handlers<RunServiceService>;
export type Workflows = Handlers<WorkflowServiceService>;
export type Approvals = Handlers<ApprovalServiceService>;
export type Feedbacks = Handlers<FeedbackServiceService>;
export type Entries = Handlers<EntryServiceService>;
export type Models = Pick<Handlers<ModelServiceService>, 'chat' | 'embed' | 'listModels' | 'resolveModel'>;
export type ModelAdmin = Handlers<ModelAdminServiceService>;
export type Tools = Handlers<ToolServiceService>;
export type ToolAdmin = Handlers<ToolAdminServiceService>;
