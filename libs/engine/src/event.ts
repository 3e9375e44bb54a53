import type { Failure } from '@treadle/failure';
import type { JsonObject } from '@treadle/workflow';

/** What model calls consumed. */
export interface TokenUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly provider?: string;
  readonly model?: string;
}

/** The run began: the variables it was given, by scope. */
export interface RunStarted {
  readonly type: 'run-started';
  /** The version of the engine's rules; a run keeps the one it began with. */
  readonly engine: number;
  readonly inputs: JsonObject;
  readonly sys: JsonObject;
  readonly environment: JsonObject;
  readonly conversation: JsonObject;
}

/** A task is wanted. Its deadline counts from this moment. */
export interface NodeScheduled {
  readonly type: 'node-scheduled';
  readonly key: string;
  /** Counts from 1. */
  readonly attempt: number;
  /** When the attempt is given up, in milliseconds since the epoch. */
  readonly deadlineAt: number;
}

/** A node has its outputs: by a committed result, or settled by the engine itself (then without attempt). */
export interface NodeCompleted {
  readonly type: 'node-completed';
  readonly key: string;
  readonly attempt?: number;
  readonly outputs: JsonObject;
  /** The branch it took; absent for the ordinary one. */
  readonly handle?: string;
  /** The execution whose text became these outputs. */
  readonly execution?: string;
  readonly usage?: TokenUsage;
  readonly warnings?: readonly string[];
  /** When an executor worked on it, in milliseconds since the epoch. */
  readonly startedAt?: number;
  readonly finishedAt?: number;
}

/** The last attempt of a node failed. With `handled`, its error strategy carried on; without, the run fails. */
export interface NodeFailed {
  readonly type: 'node-failed';
  readonly key: string;
  readonly attempt?: number;
  readonly failure: Failure;
  readonly handled?: 'default-value' | 'fail-branch';
  /** What the error strategy gave in place of the node's outputs. */
  readonly outputs?: JsonObject;
}

/** An attempt failed and another follows at `dueAt` (milliseconds since the epoch). */
export interface NodeRetryScheduled {
  readonly type: 'node-retry-scheduled';
  readonly key: string;
  /** The attempt to come. */
  readonly attempt: number;
  readonly dueAt: number;
  readonly failure: Failure;
}

/** Nodes that will not run, because no way into them was taken. */
export interface NodesSkipped {
  readonly type: 'nodes-skipped';
  readonly keys: readonly string[];
}

export interface RunCompleted {
  readonly type: 'run-completed';
  readonly outputs: JsonObject;
}

export interface RunFailed {
  readonly type: 'run-failed';
  readonly failure: Failure;
  /** The node that failed; absent when the run itself did. */
  readonly key?: string;
}

export interface RunCancelled {
  readonly type: 'run-cancelled';
  readonly reason: string;
}

/** A fact about a run, never changed. Together, in order, they are the run. Journal, streams and history carry these as JSON. */
export type RunEvent =
  | RunStarted
  | NodeScheduled
  | NodeCompleted
  | NodeFailed
  | NodeRetryScheduled
  | NodesSkipped
  | RunCompleted
  | RunFailed
  | RunCancelled;

export type RunStatus = 'pending' | 'running' | 'paused' | 'completed' | 'failed' | 'cancelled';

export function isTerminal(status: RunStatus): boolean {
  return status === 'completed' || status === 'failed' || status === 'cancelled';
}
