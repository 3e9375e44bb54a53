import type {
  Assignment,
  ContainerNodeType,
  ControlNodeType,
  JsonObject,
  Read,
  TaskNodeType,
  WaitNodeType,
} from '@treadle/workflow';
import type { Capabilities } from './capabilities.js';

/** Declares a node that the engine settles itself. */
export function defineControlNode<Config>(node: Omit<ControlNodeType<Config>, 'work'>): ControlNodeType<Config> {
  return { ...node, work: 'control' };
}

/** Declares a node that an executor runs. */
export function defineTaskNode<Config>(node: Omit<TaskNodeType<Config>, 'work'>): TaskNodeType<Config> {
  return { ...node, work: 'task' };
}

/** Declares a node that waits for a moment or a person. */
export function defineWaitNode<Config>(node: Omit<WaitNodeType<Config>, 'work'>): WaitNodeType<Config> {
  return { ...node, work: 'wait' };
}

/** Declares a node that runs what is inside of it in rounds. */
export function defineContainerNode<Config>(node: Omit<ContainerNodeType<Config>, 'work'>): ContainerNodeType<Config> {
  return { ...node, work: 'container' };
}

/** An earlier turn of the conversation: what the user asked and was answered. */
export interface HistoryTurn {
  readonly query: string;
  readonly answer: string;
}

/** What a running node is given. */
export interface NodeContext {
  readonly read: Read;
  /** The earlier turns of the conversation that fit the node's window, oldest first; none for nodes without one. */
  readonly history: readonly HistoryTurn[];
  readonly capabilities: Capabilities;
  /** Shows text as it appears. What is shown must be a prefix of the streamed output in the end. */
  readonly emitText: (text: string) => void;
  /** Leaves a sentence for the author on the node run. */
  readonly warn: (sentence: string) => void;
  /** Fires when the task is cancelled or its deadline has passed. */
  readonly signal: AbortSignal;
  /** Which attempt of the node this is, from 1. */
  readonly attempt: number;
  /** The same on every attempt of this node in this run: for side effects that must not happen twice. */
  readonly idempotencyKey: string;
}

export interface NodeUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly provider: string;
  readonly model: string;
}

export interface NodeOutcome {
  readonly outputs: JsonObject;
  /** The branch to take; absent for the ordinary one. */
  readonly handle?: string;
  /** New values of variables; absent for nodes that write none. */
  readonly assigns?: readonly Assignment[];
  readonly usage?: NodeUsage;
}

/** Runs one task node. Failures are thrown as `FailureError`. */
export type Execute<Config> = (config: Config, context: NodeContext) => Promise<NodeOutcome>;
