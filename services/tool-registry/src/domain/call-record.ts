import type { Failure } from '@treadle/failure';
import type { JsonObject } from '@treadle/workflow';
import type { Page } from './toolset.js';
import type { ToolOutcome } from './toolset-kind.js';

/** A call as it is recorded before it is made. */
export interface NewCall {
  readonly toolset: string;
  readonly tool: string;
  readonly version: number;
  /** Empty where the caller gave none: then every call is one of its own. */
  readonly idempotencyKey: string;
  /** With secrets replaced. */
  readonly arguments: JsonObject;
  /** Of the arguments as they were given, to notice a key used for something else. */
  readonly argumentsHash: string;
  readonly mutating: boolean;
  readonly approved: boolean;
  readonly runId: string;
  readonly nodeKey: string;
  readonly workflowId: string;
  readonly deadline: Date;
}

export type CallStatus = 'running' | 'completed' | 'failed' | 'unknown';

/** What became of a call. */
export type Ending =
  | { readonly type: 'answered'; readonly outcome: ToolOutcome }
  /** Nothing has happened: a repeat makes the call. */
  | { readonly type: 'refused'; readonly failure: Failure }
  /** It has happened, but its answer cannot be given: a repeat is told the same. */
  | { readonly type: 'spoilt'; readonly failure: Failure }
  /** Nobody can tell whether it has happened: a repeat is told the same. */
  | { readonly type: 'unknown'; readonly failure: Failure };

/** A call that was begun before, found by its key. */
export interface EarlierCall {
  readonly id: string;
  readonly toolset: string;
  readonly tool: string;
  readonly version: number;
  readonly argumentsHash: string;
  readonly attempts: number;
  /** Whether the process that makes it lives. */
  readonly ownerAlive: boolean;
  /** Whether that is this process. */
  readonly mine: boolean;
  /** Undefined while it runs. */
  readonly ending: Ending | { readonly type: 'forgotten' } | undefined;
}

/** This process's own go at a call. */
export interface Attempt {
  readonly id: string;
  readonly attempts: number;
}

export interface Limits {
  readonly callsPerMinute: number | undefined;
  readonly concurrency: number | undefined;
}

export type Begun =
  | { readonly type: 'begun'; readonly attempt: Attempt }
  | { readonly type: 'earlier'; readonly call: EarlierCall }
  /** As many as may run do run. */
  | { readonly type: 'full' }
  /** As many as may begin in this minute have begun. */
  | { readonly type: 'limited'; readonly retryAfterSeconds: number };

/** A call in the record. */
export interface RecordedCall extends Omit<NewCall, 'idempotencyKey' | 'argumentsHash' | 'deadline'>, Attempt {
  readonly status: CallStatus;
  readonly isError: boolean;
  /** The beginning of what was answered, or the failure's message. */
  readonly summary: string;
  readonly failureCode: string;
  readonly startedAt: Date;
  readonly finishedAt: Date | undefined;
}

export interface CallFilter {
  readonly toolset?: string | undefined;
  readonly tool?: string | undefined;
  readonly runId?: string | undefined;
  readonly workflowId?: string | undefined;
  readonly status?: CallStatus | undefined;
  readonly mutatingOnly: boolean;
  readonly from?: Date | undefined;
  readonly before?: Date | undefined;
}

/** Where calls are recorded. Every call sees one tenant only, and may throw FailureError `unavailable`. */
export interface CallStore {
  /** Records a call unless one of its key is there, and counts it against the limits. */
  begin(tenantId: string, call: NewCall, limits: Limits): Promise<Begun>;
  earlier(tenantId: string, idempotencyKey: string): Promise<EarlierCall | undefined>;
  /** Makes an earlier call this process's own, unless somebody was faster. */
  takeOver(tenantId: string, call: EarlierCall, deadline: Date): Promise<Attempt | undefined>;
  /** What was written by a later attempt stays. */
  end(tenantId: string, attempt: Attempt, ending: Ending): Promise<void>;
  /** Newest first. */
  list(
    tenantId: string,
    filter: CallFilter,
    page: Page,
  ): Promise<{ readonly calls: RecordedCall[]; readonly nextCursor: string }>;
}
