import type { ColumnType, Generated } from 'kysely';

/** Given as a date, read as a date; absent on insert takes the default of the database. */
type Moment = ColumnType<Date, Date | undefined, Date>;

interface WorkflowsTable {
  id: string;
  tenant_id: string;
  name: string;
  description: string;
  latest_version: number;
  published_version: number | null;
  created_at: Moment;
  updated_at: Moment;
}

interface WorkflowVersionsTable {
  workflow_id: string;
  version: number;
  tenant_id: string;
  document: string;
  format: string;
  original: string;
  warnings: string;
  published_at: Date | null;
  created_at: Moment;
}

interface RunsTable {
  id: string;
  tenant_id: string;
  workflow_id: string;
  version: number;
  partition: number;
  status: string;
  created_at: Date;
  finished_at: Date | null;
  conversation_id: string;
  turn: number;
  end_user: string;
  traceparent: string;
  input_tokens: number;
  output_tokens: number;
  failure: string | null;
  wake_at: Date | null;
  origin_run_id: string | null;
  origin_kind: string | null;
}

interface ConversationsTable {
  id: string;
  tenant_id: string;
  workflow_id: string;
  end_user: string;
  name: string;
  turns: number;
  created_at: Date;
  active_at: Date;
  keep_seconds: number | null;
  expires_at: Date | null;
}

interface MessagesTable {
  conversation_id: string;
  turn: number;
  run_id: string;
  status: string;
  query: string;
  answer: string;
  created_at: Date;
  /** JSON; null of turns from before these were kept. */
  inputs: string | null;
  files: string | null;
  error: string | null;
}

interface ConversationVariablesTable {
  conversation_id: string;
  name: string;
  /** JSON. */
  value: string;
}

interface JournalTable {
  run_id: string;
  first_sequence: number;
  event_count: number;
  at: Date;
  events: string;
}

interface ApprovalsTable {
  token: string;
  number: Generated<number>;
  tenant_id: string;
  workflow_id: string;
  run_id: string;
  node_key: string;
  title: string;
  form: string;
  due_at: Date | null;
  created_at: Date;
  status: string;
  action: string | null;
  field_values: string | null;
  answered_by: string | null;
  answered_at: Date | null;
}

interface StartKeysTable {
  tenant_id: string;
  key: string;
  request_hash: string;
  run_id: string;
  created_at: Date;
}

interface ReplicasTable {
  id: string;
  expires_at: Date;
}

interface PartitionLeasesTable {
  partition: number;
  owner: string | null;
  fence: Generated<number>;
  expires_at: Date;
}

interface WebhooksTable {
  id: string;
  tenant_id: string;
  workflow_id: string;
  node_id: string;
  version: number;
  sealed_secret: string;
  active: boolean;
  created_at: Moment;
}

interface SchedulesTable {
  id: string;
  tenant_id: string;
  workflow_id: string;
  node_id: string;
  version: number;
  cron: string;
  timezone: string;
  next_fire_at: Date | null;
  last_fired_at: Date | null;
  active: boolean;
  paused: Generated<boolean>;
  dropped_count: Generated<number>;
  last_error: Generated<string>;
}

export interface FilesTable {
  id: string;
  tenant_id: string;
  name: string;
  extension: string;
  media_type: string;
  kind: string;
  /** Read as text: it is a bigint. */
  bytes: ColumnType<string, number, never>;
  sha256: string;
  created_at: Date;
  end_user: string;
}

export interface FeedbackTable {
  run_id: string;
  tenant_id: string;
  workflow_id: string;
  conversation_id: string;
  end_user: string;
  rating: string;
  content: string;
  created_at: Date;
  updated_at: Date;
}

/** The tables of the schema `orchestrator`. */
export interface Database {
  workflows: WorkflowsTable;
  workflow_versions: WorkflowVersionsTable;
  runs: RunsTable;
  conversations: ConversationsTable;
  messages: MessagesTable;
  conversation_variables: ConversationVariablesTable;
  journal: JournalTable;
  approvals: ApprovalsTable;
  start_keys: StartKeysTable;
  replicas: ReplicasTable;
  partition_leases: PartitionLeasesTable;
  webhooks: WebhooksTable;
  schedules: SchedulesTable;
  files: FilesTable;
  feedback: FeedbackTable;
}

/** The Postgres schema this service owns. */
export const schemaName = 'orchestrator';
