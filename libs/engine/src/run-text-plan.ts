import {
  type Catalog,
  failHandle,
  type Graph,
  isReservedScope,
  ordinaryHandle,
  type Plan,
  type PlanNode,
  type TextOutline,
} from '@treadle/workflow';

/** An output node, with what it adds to the text of a run. */
export interface TextNode extends TextOutline {
  readonly id: string;
}

/** A node as the text of a run sees it: what must be known before what follows it may be shown. */
export interface WayNode {
  readonly incoming: number;
  readonly outgoing: readonly { readonly handle: string; readonly target: string }[];
  /** Whether what follows depends on how it ends. */
  readonly branching: boolean;
}

/** What the text of any run of a plan is made from. Computed once per version, shared by all its readers. */
export interface RunTextPlan {
  /** The node every run begins at; absent where there are several entries, since only events tell which one it was. */
  readonly entry?: string;
  /** The output nodes, in the plan's order. */
  readonly texts: readonly TextNode[];
  readonly ways: ReadonlyMap<string, WayNode>;
  /** Nodes whose values some text names; nothing of the others is kept. */
  readonly named: ReadonlySet<string>;
  /** Whether nodes may give the conversation's variables new values, so that a text waits for its node before it shows them. */
  readonly assignsConversation: boolean;
  /** Nodes whose text appears while they work, and the output it becomes. */
  readonly streams: ReadonlyMap<string, string>;
}

/** Prepares a plan for `RunText`. Only nodes at the top level show text. Linear in its nodes and edges. */
export function runTextPlan(plan: Plan, catalog: Catalog): RunTextPlan {
  const texts: TextNode[] = [];
  const ways = new Map<string, WayNode>();
  const named = new Set<string>();
  const streams = new Map<string, string>();
  for (const node of plan.nodes.values()) {
    const type = catalog[node.type];
    ways.set(node.id, wayNode(node));
    if (type?.streams !== undefined && node.streamsText) streams.set(node.id, type.streams);
    if (type?.textOutline === undefined) continue;
    const { segments, form } = type.textOutline(node.config);
    texts.push({
      id: node.id,
      segments: form === 'lines' ? segments.filter((part) => 'selector' in part) : segments,
      form,
    });
    for (const part of segments)
      if ('selector' in part && !isReservedScope(part.selector[0])) named.add(part.selector[0]);
  }
  const entry = plan.entries === undefined ? { entry: plan.entry } : {};
  return { ...entry, texts, ways, named, streams, assignsConversation: assignsConversation(plan, catalog) };
}

function assignsConversation(graph: Graph, catalog: Catalog): boolean {
  return [...graph.nodes.values()].some(
    ({ type, config, body }) =>
      catalog[type]?.writes?.(config).some(({ selector }) => selector[0] === 'conversation') === true ||
      (body !== undefined && body.environment === undefined && assignsConversation(body, catalog)),
  );
}

function wayNode(node: PlanNode): WayNode {
  const outgoing = node.outgoing.map(({ handle, target }) => ({ handle, target }));
  const branching = node.onError.strategy === 'fail-branch' || outgoing.some(({ handle }) => handle !== ordinaryHandle);
  return { incoming: node.incoming.length, outgoing, branching };
}

/** The branch a node took, as its event tells it; `undefined` while (or because) it took none. */
export function takenHandle(event: {
  readonly handle?: string;
  readonly handled?: 'default-value' | 'fail-branch';
}): string {
  if (event.handled === 'fail-branch') return failHandle;
  return event.handle ?? ordinaryHandle;
}
