import type { Failure } from '@treadle/failure';
import type { z } from 'zod';
import type { ErrorStrategy, RetryPolicy } from './document.js';
import type { Json, JsonObject } from './json.js';
import type { Selector } from './selector.js';
import type { TextOutline } from './text-template.js';

/** A value that a node's configuration selects, and the field that says so (`prompt_template[1].text`), for messages. */
export interface Reference {
  readonly selector: Selector;
  readonly field: string;
}

/** Gives a value of the run, or `undefined` where there is none (an untaken branch, a name that does not exist). */
export type Read = (selector: Selector) => Json | undefined;

/** What a control node came to. */
export type Settlement = { readonly outputs: JsonObject; readonly handle?: string } | { readonly failure: Failure };

/** The settings of a node beside its configuration that may bear on it. */
export interface NodeSettings {
  readonly retry: RetryPolicy;
  readonly onError: ErrorStrategy;
}

/** What is known of a kind of node without running it: enough for the editor, the importer and the compiler. */
interface Description<Config> {
  readonly type: string;
  readonly group: 'entry' | 'model' | 'tool' | 'data' | 'logic' | 'output';
  readonly title: string;
  readonly summary: string;
  /** Checks and completes the node's `config`. */
  readonly config: z.ZodType<Config>;
  /** Fills in what follows from the node's other settings, once, when the workflow is compiled; absent when nothing does. */
  readonly complete?: (config: Config, settings: NodeSettings) => Config;
  /** Every value the configuration selects. Only these reach the node. */
  readonly reads: (config: Config) => readonly Reference[];
  /** The branches an edge may leave by. */
  readonly handles: (config: Config) => readonly string[];
  /** The names of its outputs, or `open` where only the run shows them. */
  readonly outputs: (config: Config) => readonly string[] | 'open';
  /** The output whose text appears piece by piece while the node works; absent when none does. */
  readonly streams?: string;
  /** Of output nodes: the text shown to the caller, whose references may be shown piece by piece. */
  readonly textOutline?: (config: Config) => TextOutline;
  /** Whether other nodes may name it as their parent. */
  readonly container?: boolean;
}

/** A node that only decides or moves data: settled inside the engine, free to be repeated, no effect outside. */
export interface ControlNodeType<Config = unknown> extends Description<Config> {
  readonly work: 'control';
  readonly settle: (config: Config, read: Read) => Settlement;
}

/** A node that becomes a task for an executor of its pool. */
export interface TaskNodeType<Config = unknown> extends Description<Config> {
  readonly work: 'task';
  readonly pool: string;
  readonly timeoutSeconds: number;
}

export type NodeType<Config = unknown> = ControlNodeType<Config> | TaskNodeType<Config>;

/** Every node type the engine may meet, by name. Held with the type of its configuration erased; `compile` has checked it. */
// biome-ignore lint/suspicious/noExplicitAny: a configuration's type is known only to its own node type
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Catalog = Readonly<Record<string, NodeType<any>>>;

/** The ordinary branch, of nodes that have no other. */
export const ordinaryHandle = 'source';
/** The branch taken after a failure, where a node's error strategy is `fail-branch`. */
export const failHandle = 'fail-branch';
