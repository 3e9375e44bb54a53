import type { ErrorDetail } from './api-error.js';

/** What the public API answers, as far as the command reads it. */

export type RunStatus = 'pending' | 'running' | 'paused' | 'completed' | 'failed' | 'cancelled';

export interface Failure {
  readonly code: string;
  readonly message: string;
}

export interface Run {
  readonly id: string;
  readonly workflow_id: string;
  readonly workflow_name?: string;
  readonly version: number;
  readonly status: RunStatus;
  readonly conversation_id?: string | null;
  readonly outputs?: Readonly<Record<string, unknown>> | null;
  readonly failure?: Failure | null;
  readonly created_at: string;
  readonly finished_at?: string | null;
  readonly node_runs?: readonly NodeRun[];
  /** What it waits for, while it does. */
  readonly approvals?: readonly Pick<Approval, 'token' | 'url' | 'title'>[];
}

/** What a run asks a person. */
export interface Approval {
  readonly token: string;
  readonly url: string;
  readonly status: string;
  readonly run_id: string;
  readonly title: string;
  readonly form: {
    readonly content: string;
    readonly fields: readonly { readonly name: string; readonly type: string; readonly options?: readonly string[] }[];
    readonly actions: readonly { readonly id: string; readonly title: string }[];
  };
  readonly due_at?: string | null;
  readonly answer?: { readonly action: string; readonly by?: string | null; readonly at: string } | null;
}

export interface NodeRun {
  readonly key: string;
  readonly title?: string;
  readonly type?: string;
  readonly status: string;
  readonly started_at?: string | null;
  readonly finished_at?: string | null;
  readonly failure?: Failure | null;
}

export interface Workflow {
  readonly id: string;
  readonly name: string;
  readonly latest_version: number;
  readonly published_version?: number | null;
  readonly updated_at: string;
}

export interface PublishedWorkflow extends Workflow {
  readonly webhooks?: readonly Webhook[];
}

export interface Webhook {
  readonly id: string;
  readonly workflow_id: string;
  readonly node_id: string;
  readonly active: boolean;
  readonly url: string;
  /** Only when it was just made or changed. */
  readonly secret?: string;
}

export interface WorkflowVersion {
  readonly version: number;
  readonly published: boolean;
  readonly created_at: string;
}

export interface ImportedWorkflow {
  readonly id: string;
  readonly name: string;
  readonly version: number;
  readonly warnings: readonly ErrorDetail[];
}

export interface Conversation {
  readonly id: string;
  readonly workflow_id: string;
  readonly user: string | null;
  readonly name: string;
  readonly turns: number;
  readonly active_at: string;
}

/** A turn of a conversation that is over. */
export interface Message {
  readonly run_id: string;
  readonly turn: number;
  readonly status: RunStatus;
  readonly query: string;
  readonly answer: string | null;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly next_cursor?: string | null;
}

export function hasEnded(status: RunStatus): boolean {
  return status === 'completed' || status === 'failed' || status === 'cancelled';
}
