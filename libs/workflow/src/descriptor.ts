import type { Failure } from '@treadle/failure';
import type { z } from 'zod';
import type { DocumentEdge, DocumentNode, ErrorStrategy, RetryPolicy } from './document.js';
import type { Answer, Form } from './form.js';
import type { Json, JsonObject } from './json.js';
import type { LargeValue } from './large-value.js';
import type { Graph } from './plan.js';
import type { Selector } from './selector.js';
import type { TextOutline } from './text-template.js';

/** A value that a node's configuration selects, and the field that says so (`prompt_template[1].text`), for messages. */
export interface Reference {
  readonly selector: Selector;
  readonly field: string;
  /** Set where the node hands the value on as it is, so that a large one may stay in the file store. */
  readonly handedOn?: true;
}

/** Gives a value of the run, or `undefined` where there is none (an untaken branch, a name that does not exist). */
export type Read = (selector: Selector) => Json | undefined;

/** A new value for a variable: of the scope `conversation`, or of a container around the node. */
export interface Assignment {
  readonly selector: Selector;
  readonly value: Json;
}

/** What a node came to that the engine settles itself. */
export type Settlement =
  | { readonly outputs: JsonObject; readonly handle?: string; readonly assigns?: readonly Assignment[] }
  | { readonly failure: Failure };

/** The settings of a node beside its configuration that may bear on it. */
export interface NodeSettings {
  readonly retry: RetryPolicy;
  readonly onError: ErrorStrategy;
  /** Whether a person must agree before its first attempt. */
  readonly guarded: boolean;
  /** The declared type (`array[string]`) of a variable that nodes may write; absent where there is none. */
  readonly typeOf: (selector: Selector) => string | undefined;
}

/** What begins a run at an entry without a caller: a request from outside, or a moment of a schedule. */
export type Trigger = 'webhook' | 'schedule';

/** The part of a conversation's earlier turns that a node is shown: the newest that fit. */
export interface HistoryWindow {
  /** The most turns. */
  readonly turns: number;
  /** The most tokens, as estimated from the text. */
  readonly tokens: number;
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
  /** Every variable it gives a new value; absent for nodes that write none. */
  readonly writes?: (config: Config) => readonly Reference[];
  /** The branches an edge may leave by. */
  readonly handles: (config: Config) => readonly string[];
  /** The names of its outputs, or `open` where only the run shows them. */
  readonly outputs: (config: Config) => readonly string[] | 'open';
  /** The output whose text appears piece by piece while the node works; absent when none does. */
  readonly streams?: string;
  /** Of output nodes: the text shown to the caller, whose references may be shown piece by piece. */
  readonly textOutline?: (config: Config) => TextOutline;
  /** The containers it must stand in; absent where it may stand anywhere. An entry without it stands at the top level. */
  readonly within?: readonly string[];
  /** Of entries: what begins a run there. Absent where a caller does, or the round of a container. */
  readonly trigger?: Trigger;
}

/**
 * A node that only decides or moves data: settled inside the engine, free to be repeated, no effect outside. Where it would look into a
 * large value, or its configuration is work, an executor settles it.
 */
export interface ControlNodeType<Config = unknown> extends Description<Config> {
  readonly work: 'control';
  readonly settle: (config: Config, read: Read) => Settlement;
  /** Whether a configuration is too much for the engine, so that an executor settles it; none is when absent. */
  readonly isWork?: (config: Config) => boolean;
}

/** A node that becomes a task for an executor of its pool. */
export interface TaskNodeType<Config = unknown> extends Description<Config> {
  readonly work: 'task';
  readonly pool: string;
  readonly timeoutSeconds: number;
  /** Set where it has no effect outside, costs little and may be done again freely. */
  readonly repeatable?: true;
  /** Which of the conversation's earlier turns it is shown; absent for nodes that never see any. */
  readonly history?: (config: Config) => HistoryWindow | undefined;
}

/** A node that waits for a moment, for a person, or for whichever comes first. */
export interface WaitNodeType<Config = unknown> extends Description<Config> {
  readonly work: 'wait';
  /** Says what it waits for. `at` is the present; moments are in milliseconds since the epoch. */
  readonly wait: (config: Config, read: Read, at: number) => Waiting | { readonly failure: Failure };
  /** What an answer that fits the form comes to; absent for nodes without a form. */
  readonly answered?: (config: Config, form: Form, answer: Answer) => Settlement;
  /** What it comes to when its moment has come. */
  readonly elapsed: (config: Config, waiting: Waiting) => Settlement;
}

/** What a node waits for: a moment (milliseconds since the epoch), an answer to a form, or the first of both. */
export interface Waiting {
  readonly dueAt?: number;
  readonly form?: Form;
}

/** How a container begins. */
export interface Opening {
  /** The most rounds there will be. */
  readonly rounds: number;
  /** How many of them may be under way at once. */
  readonly parallel: number;
  /** What each round sees as `item` under the container's id. */
  readonly items?: readonly Json[] | LargeValue;
  /** What every round sees under the container's id, and nodes inside may change. */
  readonly variables?: JsonObject;
}

/** What a round gave. */
export type RoundResult = { readonly output: Json } | { readonly failure: Failure };

/** A round that has just ended, as its container looks at it. */
export interface EndedRound {
  /** Counts from 0. */
  readonly index: number;
  /** Reads as a node inside the round would. */
  readonly read: Read;
  /** The outputs of its end and answer nodes, as those of a run. */
  readonly outputs: () => JsonObject;
  /** Whether a node of that type was completed in it. */
  readonly completed: (type: string) => boolean;
}

/** A node whose body, a graph of its own, runs in rounds. The engine knows rounds; all else is said here, purely. */
export interface ContainerNodeType<Config = unknown> extends Description<Config> {
  readonly work: 'container';
  /** The names that nodes inside read under the container's id. */
  readonly locals: (config: Config) => readonly string[];
  /** Those of them that nodes inside may give new values, with their types; absent when none may be. */
  readonly variables?: (config: Config) => Readonly<Record<string, string>>;
  /** What it selects inside a round that has ended. */
  readonly readsInside: (config: Config) => readonly Reference[];
  /** The node inside at which rounds begin where none of them is an entry; absent leaves it to the edges. */
  readonly startsAt?: (config: Config) => string | undefined;
  /** The workflow that is its body; absent where the body is drawn inside it. */
  readonly workflow?: (config: Config) => WorkflowReference;
  /** The nodes that are its body, where they follow from its configuration; absent where they are drawn inside it. */
  readonly composes?: (config: Config, node: DocumentNode) => ComposedBody;
  readonly open: (config: Config, read: Read, body: Graph) => Opening | { readonly failure: Failure };
  /** What a round gives, and whether it is the last. */
  readonly endRound: (
    config: Config,
    round: EndedRound,
  ) => { readonly output: Json; readonly stop?: boolean } | { readonly failure: Failure };
  /** Whether the other rounds go on when one fails. */
  readonly survives: (config: Config) => boolean;
  /** Its own outputs, from all rounds in order. */
  readonly close: (config: Config, rounds: readonly RoundResult[], variables: JsonObject) => Settlement;
}

/** A body that nobody has drawn. Its ids begin with `@`, as no id of a document does: neither takes the other's values. */
export interface ComposedBody {
  readonly nodes: readonly ComposedNode[];
  readonly edges: readonly DocumentEdge[];
}

export type ComposedNode = Pick<DocumentNode, 'id' | 'type'> &
  Partial<Pick<DocumentNode, 'title' | 'parent' | 'retry' | 'timeout_seconds' | 'pool'>> & {
    readonly config: Readonly<Record<string, unknown>>;
  };

/** A version of a workflow, which never changes. */
export interface WorkflowReference {
  readonly id: string;
  readonly version: number;
}

export type NodeType<Config = unknown> =
  | ControlNodeType<Config>
  | TaskNodeType<Config>
  | WaitNodeType<Config>
  | ContainerNodeType<Config>;

/** Every node type the engine may meet, by name. Held with the type of its configuration erased; `compile` has checked it. */
// biome-ignore lint/suspicious/noExplicitAny: a configuration's type is known only to its own node type
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Catalog = Readonly<Record<string, NodeType<any>>>;

/** The ordinary branch, of nodes that have no other. */
export const ordinaryHandle = 'source';
/** The branch taken after a failure, where a node's error strategy is `fail-branch`. */
export const failHandle = 'fail-branch';
