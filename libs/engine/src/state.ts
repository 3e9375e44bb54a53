import type { Failure } from '@treadle/failure';
import type { JsonObject } from '@treadle/workflow';
import type { RunStatus } from './event.js';

/** Where a node stands. A node without a state has not been reached. */
export interface NodeState {
  readonly status: 'scheduled' | 'retrying' | 'completed' | 'failed' | 'skipped';
  /** The current or last attempt; 0 for nodes the engine settles itself. */
  readonly attempt: number;
  /** What it gave, by its own work or by its error strategy; absent while it is open and when it was skipped. */
  readonly outputs?: JsonObject;
  /** The branch that was taken; absent while none is. */
  readonly handle?: string;
  /** When a scheduled attempt is given up, or a retry begins, in milliseconds since the epoch. */
  readonly dueAt?: number;
  /** The execution whose result was taken. */
  readonly execution?: string;
  readonly failure?: Failure;
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
  /** Number of the newest event; 0 before the first. */
  readonly sequence: number;
  readonly scopes: Scopes;
  /** By node key. */
  readonly nodes: ReadonlyMap<string, NodeState>;
  /** Keys of the nodes that wait for a result or a retry. */
  readonly open: ReadonlySet<string>;
  readonly outputs?: JsonObject;
  readonly failure?: Failure;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

export const emptyState: RunState = {
  status: 'pending',
  sequence: 0,
  scopes: { inputs: {}, sys: {}, env: {}, conversation: {} },
  nodes: new Map(),
  open: new Set(),
  inputTokens: 0,
  outputTokens: 0,
};
