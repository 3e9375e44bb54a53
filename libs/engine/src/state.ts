import type { Failure } from '@treadle/failure';
import type { Form, Json, JsonObject, LargeValue, RoundResult } from '@treadle/workflow';
import type { QueuedContinuation, RunOrigin, RunStatus } from './event.js';
import { splitKey } from './key.js';

/** Where a node stands. A node without a state has not been reached. */
export interface NodeState {
  /** `open` is a container with rounds to come or under way, `waiting` a node that waits for a moment or a person. */
  readonly status: 'scheduled' | 'retrying' | 'waiting' | 'open' | 'completed' | 'failed' | 'skipped';
  /** The current or last attempt; 0 for nodes that are no task, and for tasks that wait for approval. */
  readonly attempt: number;
  /** What it gave, by its own work or by its error strategy; absent while it is open and when it was skipped. */
  readonly outputs?: JsonObject;
  /** The branch that was taken; absent while none is. */
  readonly handle?: string;
  /** When it is given up, tried again or done with waiting, in milliseconds since the epoch; absent where time changes nothing. */
  readonly dueAt?: number;
  /** What a waiting node asks; absent where it only waits for a moment. */
  readonly form?: Form;
  /** The execution whose result was taken. */
  readonly execution?: string;
  readonly failure?: Failure;
  /** Of an open container. */
  readonly rounds?: Rounds;
}

/** The rounds of an open container. */
export interface Rounds {
  readonly total: number;
  /** How many may be under way at once. */
  readonly parallel: number;
  readonly items?: readonly Json[] | LargeValue;
  /** As the nodes inside have left them so far. */
  readonly variables: JsonObject;
  /** How many have begun, and how many of those are over. */
  readonly started: number;
  readonly ended: number;
  /** By number of the round; a round that is not over has none. */
  readonly results: readonly (RoundResult | undefined)[];
}

/** The nodes of one scope. It is there while the scope is: a round's nodes are forgotten when the round is over. */
export interface Frame {
  /** By id. */
  readonly nodes: ReadonlyMap<string, NodeState>;
  /** How many of them are open. */
  readonly open: number;
}

/** The values that are not a node's. */
export interface Scopes {
  readonly inputs: JsonObject;
  readonly sys: JsonObject;
  readonly env: JsonObject;
  readonly conversation: JsonObject;
}

/** Everything the engine knows of a run: its events, folded. */
export interface RunState {
  readonly status: RunStatus;
  /** The version of the rules the run began with; 0 before its first event. */
  readonly engine: number;
  /** Number of the newest event; 0 before the first. */
  readonly sequence: number;
  readonly scopes: Scopes;
  /** The variables of the conversation that the run has given new values. */
  readonly assigned: JsonObject;
  /** By scope; the top level is `''`. */
  readonly frames: ReadonlyMap<string, Frame>;
  /** Keys of all open nodes: those that wait for a result, a retry, a moment or a person, and containers. */
  readonly open: ReadonlySet<string>;
  /** When the run is given up, in milliseconds since the epoch; absent without such a limit. */
  readonly deadlineAt?: number;
  /** Absent where the run continues no other. */
  readonly origin?: RunOrigin;
  /** Of a run that was queued to continue another one. */
  readonly continues?: QueuedContinuation;
  /** Whether any of its values is in the file store. While none is, nobody looks for one. */
  readonly holdsLarge: boolean;
  readonly outputs?: JsonObject;
  readonly failure?: Failure;
  /** What the run has paid for itself; what it took over from another one is not counted. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** What counts against the limit of steps. */
  readonly steps: number;
  /** Failures that an error strategy or a container has carried on from. */
  readonly exceptions: number;
}

export const emptyState: RunState = {
  status: 'pending',
  engine: 0,
  sequence: 0,
  scopes: { inputs: {}, sys: {}, env: {}, conversation: {} },
  assigned: {},
  frames: new Map([['', { nodes: new Map(), open: 0 }]]),
  open: new Set(),
  holdsLarge: false,
  inputTokens: 0,
  outputTokens: 0,
  steps: 0,
  exceptions: 0,
};

/** Where the node with that key stands; `undefined` when it was not reached, or its round is over. */
export function nodeStateAt(state: Pick<RunState, 'frames'>, key: string): NodeState | undefined {
  const { scope, id } = splitKey(key);
  return state.frames.get(scope)?.nodes.get(id);
}
