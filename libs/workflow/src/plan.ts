import type { HistoryWindow, Reference, Trigger } from './descriptor.js';
import type { Approval, ErrorStrategy, RetryPolicy } from './document.js';
import type { Json } from './json.js';

/** A way into a node: the source and the branch it must take. */
export interface PlanEdge {
  readonly source: string;
  readonly handle: string;
  readonly target: string;
}

/** A node as the engine runs it: checked, completed and linked. */
export interface PlanNode {
  readonly id: string;
  readonly type: string;
  readonly title: string;
  /** Checked by the node type's own schema. */
  readonly config: unknown;
  /** The same as JSON, as it travels in a task. */
  readonly configJson: string;
  readonly reads: readonly Reference[];
  readonly incoming: readonly PlanEdge[];
  readonly outgoing: readonly PlanEdge[];
  readonly retry: RetryPolicy;
  /** Of an attempt of a task, or of a container; 0 where a container has no such limit. */
  readonly timeoutSeconds: number;
  readonly onError: ErrorStrategy;
  /** Who must agree before its first attempt; absent where nobody has to. */
  readonly approval?: Approval;
  /** Where a task goes; of a control node, where it is settled when it reads large values. Empty for the others. */
  readonly pool: string;
  /** Place in a topological order of its graph, from 0. */
  readonly order: number;
  /** The container it is inside of; absent at the top level. */
  readonly parent?: string;
  /** Whether text of this node may appear while it works. */
  readonly streamsText: boolean;
  /** How much of the conversation's earlier turns it is shown; absent for none. */
  readonly history?: HistoryWindow;
  /** What a container runs in each of its rounds; absent for nodes of other kinds. */
  readonly body?: Graph;
  /** Of entries: what begins a run there; absent where a caller does. */
  readonly trigger?: Trigger;
}

/** Nodes that are linked among themselves: those of a workflow, or of a container's body. */
export interface Graph {
  /** Every node that a path from the entry reaches, by id, in topological order. */
  readonly nodes: ReadonlyMap<string, PlanNode>;
  /** The node it begins at unless told otherwise: of a workflow its start node or, without one, the first of its entries. */
  readonly entry: string;
  /** Every node it may begin at, `entry` among them, where there are several; absent where there is one. Only one of them runs. */
  readonly entries?: readonly string[];
  /** Set where the graph is a workflow of its own, which sees nothing of what is around it. */
  readonly environment?: Readonly<Record<string, Json>>;
  /** The conversation's variables of such a workflow, as they begin. */
  readonly conversation?: Readonly<Record<string, Json>>;
}

/** Whether a caller may begin it: a workflow of triggers alone is begun by them only. */
export function hasStart({ nodes, entry }: Graph): boolean {
  return nodes.get(entry)?.trigger === undefined;
}

/** What ends a run that goes on for too long. */
export interface RunLimits {
  /** The most attempts of tasks, settled nodes, waits and opened containers, rounds included. */
  readonly steps: number;
  /** Seconds after its start, waiting included; absent sets no limit. */
  readonly runSeconds?: number;
  /** Seconds after its last message after which a conversation is forgotten; absent takes the server's setting. */
  readonly conversationSeconds?: number;
}

/** A workflow checked and compiled into the graph the engine runs. Immutable, shared by every run of the version. */
export interface Plan extends Graph {
  readonly name: string;
  readonly kind: 'workflow' | 'chat';
  readonly limits: RunLimits;
  readonly environment: Readonly<Record<string, Json>>;
  /** The conversation's variables as they begin, and their declared types, by name. */
  readonly conversation: Readonly<Record<string, Json>>;
  readonly conversationTypes: Readonly<Record<string, string>>;
}

/** Something wrong (or odd) in a document, named so that an editor can point at it. */
export interface Diagnostic {
  readonly severity: 'error' | 'warning';
  readonly code:
    | 'invalid_field'
    | 'duplicate_node'
    | 'unknown_node_type'
    | 'unknown_workflow'
    | 'missing_entry'
    | 'several_entries'
    | 'missing_output_node'
    | 'missing_source'
    | 'missing_target'
    | 'bad_handle'
    | 'cycle'
    | 'unreachable'
    | 'selector_not_upstream'
    | 'selector_unknown_node'
    | 'selector_unknown_output'
    | 'selector_unknown_variable'
    | 'crosses_container'
    | 'model_substituted'
    | 'model_unchecked'
    | 'unknown_model'
    | 'imported';
  readonly message: string;
  /** Id of the node; absent when the document itself is meant. */
  readonly node?: string;
  /** Path from the document, like `nodes[2].config.model.name` or `edges[0].target`. */
  readonly field: string;
}

/** Either a plan to run, or every error at once. Warnings come with both. */
export type Compilation =
  | { readonly plan: Plan; readonly diagnostics: readonly Diagnostic[] }
  | { readonly plan?: undefined; readonly diagnostics: readonly Diagnostic[] };
