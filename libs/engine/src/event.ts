import type { Failure } from '@treadle/failure';
import type { Form, Json, JsonObject, LargeValue } from '@treadle/workflow';

/** What model calls consumed. */
export interface TokenUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly provider?: string;
  readonly model?: string;
}

/** The run was accepted and waits for its turn. It begins with these inputs, and with the conversation as it is by then. */
export interface RunQueued {
  readonly type: 'run-queued';
  readonly inputs: JsonObject;
  readonly sys: JsonObject;
  /** Absent where the run continues no other. */
  readonly continues?: QueuedContinuation;
}

/** What a queued run is to know of how it will continue another one. */
export interface QueuedContinuation {
  /** Key of the finished node that is done again; absent to go on where the other run was stopped. */
  readonly from?: string;
  /** What it will find in variables of the conversation, instead of what they hold by then. */
  readonly variables: JsonObject;
}

/** The run that another one continues. */
export interface RunOrigin {
  readonly run: string;
  /** `resume` goes on where a run was stopped, `rerun` does again what followed from one of its nodes. */
  readonly kind: 'resume' | 'rerun';
  /** How many events were taken over. */
  readonly kept: number;
  /** Under whose id effects outside are made, so that one that may have happened is not made a second time. */
  readonly effects: string;
}

/** What events have that may be taken over from the run that this one continues. */
interface Reusable {
  /** Set where it happened in that run: this one has neither done it nor paid for it. */
  readonly reused?: true;
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
  /** When the run is given up, in milliseconds since the epoch; absent without such a limit. */
  readonly deadlineAt?: number;
  /** The node it began at; absent where that is the plan's `entry`. */
  readonly entry?: string;
  /** Absent where the run continues no other. */
  readonly origin?: RunOrigin;
}

/** Everything that is open waits for a moment or a person. `wakeAt` is the first of the moments; absent when there is none. */
export interface RunPaused {
  readonly type: 'run-paused';
  readonly wakeAt?: number;
}

/** What the run waited for has come. */
export interface RunResumed {
  readonly type: 'run-resumed';
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
export interface NodeCompleted extends Reusable {
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
export interface NodeFailed extends Reusable {
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

/** A node waits: until `dueAt` (milliseconds since the epoch), for an answer to `form`, or for the first of both. */
export interface NodeWaiting {
  readonly type: 'node-waiting';
  readonly key: string;
  readonly dueAt?: number;
  readonly form?: Form;
}

/** A person has answered the form of a node. What the node makes of it follows. */
export interface FormAnswered {
  readonly type: 'form-answered';
  readonly key: string;
  /** Id of the action taken. */
  readonly action: string;
  readonly values: JsonObject;
  /** Who answered, as the caller names people. */
  readonly by: string;
}

/** A container begins: how many rounds there may be, how many at once, and what they see under its id. */
export interface NodeOpened extends Reusable {
  readonly type: 'node-opened';
  readonly key: string;
  readonly rounds: number;
  readonly parallel: number;
  /** What each round sees as `item`. */
  readonly items?: readonly Json[] | LargeValue;
  readonly variables?: JsonObject;
  /** When the container is given up, in milliseconds since the epoch; absent when its node sets no timeout. */
  readonly deadlineAt?: number;
}

/** A round of a container began. Rounds count from 0; the key is the container's. */
export interface RoundStarted extends Reusable {
  readonly type: 'round-started';
  readonly key: string;
  readonly index: number;
}

export interface RoundCompleted extends Reusable {
  readonly type: 'round-completed';
  readonly key: string;
  readonly index: number;
  readonly output: Json;
}

/** A round ended by a failure that nothing inside handled; whatever was still under way in it counts no more. */
export interface RoundFailed extends Reusable {
  readonly type: 'round-failed';
  readonly key: string;
  readonly index: number;
  readonly failure: Failure;
  /** Set when the container goes on; without it, the container fails too. */
  readonly handled?: true;
}

/** A node gave variables new values. */
export interface VariablesAssigned extends Reusable {
  readonly type: 'variables-assigned';
  /** The node. */
  readonly key: string;
  /** Whose they are: `conversation`, or the key of a container around the node. */
  readonly owner: string;
  readonly values: JsonObject;
}

export interface RunCompleted {
  readonly type: 'run-completed';
  readonly outputs: JsonObject;
  /** How many failures were carried on from; absent when none was. */
  readonly exceptions?: number;
}

export interface RunFailed {
  readonly type: 'run-failed';
  readonly failure: Failure;
  /** Key of the node that failed, inside whatever containers; absent when the run itself did. */
  readonly key?: string;
}

export interface RunCancelled {
  readonly type: 'run-cancelled';
  readonly reason: string;
}

/** A fact about a run, never changed. Together, in order, they are the run. Journal, streams and history carry these as JSON. */
export type RunEvent =
  | RunQueued
  | RunStarted
  | NodeScheduled
  | NodeCompleted
  | NodeFailed
  | NodeRetryScheduled
  | NodesSkipped
  | NodeWaiting
  | FormAnswered
  | NodeOpened
  | RoundStarted
  | RoundCompleted
  | RoundFailed
  | VariablesAssigned
  | RunPaused
  | RunResumed
  | RunCompleted
  | RunFailed
  | RunCancelled;

export type RunStatus = 'pending' | 'running' | 'paused' | 'completed' | 'failed' | 'cancelled';

export function isTerminal(status: RunStatus): boolean {
  return status === 'completed' || status === 'failed' || status === 'cancelled';
}
