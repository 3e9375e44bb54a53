import type { CheckedNode } from './check-nodes.js';
import { fieldPath } from './field-path.js';
import { type Findings, nodeName } from './findings.js';
import { type Graph, reachableFrom, sortTopologically } from './graph.js';
import type { PlanEdge } from './plan.js';

/** The nodes as vertices, numbered as they are listed. Edges never leave a container, so one graph holds the graph of each. */
export interface NodeGraph extends Graph {
  readonly nodes: readonly CheckedNode[];
  readonly vertexOf: ReadonlyMap<string, number>;
}

export function nodeGraph(byId: ReadonlyMap<string, CheckedNode>, edges: readonly PlanEdge[]): NodeGraph {
  const nodes = [...byId.values()];
  const vertexOf = new Map(nodes.map((node, vertex) => [node.source.id, vertex]));
  const outgoing: number[][] = nodes.map(() => []);
  for (const edge of edges) {
    const target = vertexOf.get(edge.target);
    if (target !== undefined) outgoing[vertexOf.get(edge.source) ?? -1]?.push(target);
  }
  return { nodes, vertexOf, outgoing };
}

/** Checks that every parent exists and is a container, and that no node is inside of itself. */
export function checkParents(byId: ReadonlyMap<string, CheckedNode>, findings: Findings): void {
  for (const { source, index } of byId.values()) {
    if (source.parent === undefined) continue;
    const parent = byId.get(source.parent);
    const problem =
      parent === undefined
        ? 'no node has that id'
        : parent.known !== undefined && !holdsNodes(parent)
          ? 'that node cannot hold others'
          : isInsideItself(source.id, byId)
            ? 'that would put it inside of itself'
            : undefined;
    if (problem === undefined) continue;
    const message = `Node ${nodeName(source)} names "${source.parent}" as its parent, but ${problem}.`;
    findings.error('invalid_field', fieldPath('nodes', index, 'parent'), message, source.id);
  }
}

function holdsNodes({ known }: CheckedNode): boolean {
  return known?.type.work === 'container' && known.type.workflow === undefined && known.type.composes === undefined;
}

/** Checks that nodes which belong in certain containers stand in one of them, and starts of runs in none. */
export function checkPlaces(byId: ReadonlyMap<string, CheckedNode>, findings: Findings): void {
  for (const { source, index, known } of byId.values()) {
    if (known === undefined) continue;
    const { within, group } = known.type;
    const parent = byId.get(source.parent ?? '');
    const problem =
      within === undefined
        ? group === 'entry' && source.parent !== undefined
          ? 'stands inside a container, where no run begins. Move it to the top level'
          : undefined
        : parent === undefined || (parent.known !== undefined && !within.includes(parent.source.type))
          ? `belongs directly inside a node of type ${within.map((type) => `"${type}"`).join(' or ')}. Move it there`
          : undefined;
    if (problem === undefined) continue;
    const message = `Node ${nodeName(source)} of type "${source.type}" ${problem}.`;
    findings.error('invalid_field', fieldPath('nodes', index, 'parent'), message, source.id);
  }
}

function isInsideItself(id: string, byId: ReadonlyMap<string, CheckedNode>): boolean {
  const seen = new Set<string>();
  for (let at = byId.get(id)?.source.parent; at !== undefined; at = byId.get(at)?.source.parent) {
    if (at === id) return true;
    if (seen.has(at)) return false;
    seen.add(at);
  }
  return false;
}

/** Names every cycle. Gives a topological order, or `undefined` when there is none. */
export function checkCycles(graph: NodeGraph, findings: Findings): readonly number[] | undefined {
  const { order, cycles } = sortTopologically(graph);
  for (const cycle of cycles) {
    const members = cycle.flatMap((vertex) => graph.nodes[vertex] ?? []);
    const first = members[0];
    if (first === undefined) continue;
    const way = [...members, first].map((node) => nodeName(node.source)).join(' → ');
    const message = `These nodes wait for each other: ${way}. Remove one of the edges between them.`;
    findings.error('cycle', fieldPath('nodes', first.index), message, first.source.id);
  }
  return cycles.length === 0 ? order : undefined;
}

/**
 * Checks that runs have a place to begin and a place to end. A caller begins at one start node; triggers may have any number of
 * entries. Gives the vertices of all entries, the start node's first; none where they are wrong.
 */
export function checkEnds(graph: NodeGraph, findings: Findings): readonly number[] {
  const ofGroup = (group: string) =>
    graph.nodes.filter(
      ({ type, source }) => type?.group === group && type.within === undefined && source.parent === undefined,
    );
  const entries = ofGroup('entry');
  const isTriggered = ({ type }: CheckedNode) => type?.trigger !== undefined;
  const starts = entries.filter((node) => !isTriggered(node));
  const [, ...others] = starts;
  if (entries.length === 0)
    findings.error('missing_entry', 'nodes', 'The workflow has no start node and no trigger, so no run could begin.');
  for (const other of others) {
    const message = `The workflow has several start nodes: ${starts.map((node) => nodeName(node.source)).join(', ')}. Keep one.`;
    findings.error('several_entries', fieldPath('nodes', other.index), message, other.source.id);
  }
  if (ofGroup('output').length === 0) {
    findings.error(
      'missing_output_node',
      'nodes',
      'The workflow has no end or answer node, so no run could give anything.',
    );
  }
  if (others.length > 0) return [];
  return [...starts, ...entries.filter(isTriggered)].flatMap(({ source }) => graph.vertexOf.get(source.id) ?? []);
}

/** Checks that the rounds of every container have one node to begin at. Gives its vertex by the container's id where there is one. */
export function checkBodies(graph: NodeGraph, findings: Findings): ReadonlyMap<string, number> {
  const children = new Map<string, number[]>();
  const isTarget = new Uint8Array(graph.nodes.length);
  graph.nodes.forEach(({ source: { parent = '' } }, vertex) => {
    children.set(parent, [...(children.get(parent) ?? []), vertex]);
    for (const target of graph.outgoing[vertex] ?? []) isTarget[target] = 1;
  });
  const entries = new Map<string, number>();
  for (const container of graph.nodes) {
    if (!holdsNodes(container)) continue;
    const { id } = container.source;
    const starts = bodyStarts(container, children.get(id) ?? [], graph, isTarget);
    const [entry, ...others] = starts;
    if (entry !== undefined && others.length === 0) entries.set(id, entry);
    else tellOfStarts(container, starts, graph, findings);
  }
  return entries;
}

/** Where rounds may begin: at an entry, else at the node the container names, else at those no edge leads to. */
function bodyStarts(
  { known }: CheckedNode,
  inside: readonly number[],
  graph: NodeGraph,
  isTarget: Uint8Array,
): readonly number[] {
  const entries = inside.filter((vertex) => graph.nodes[vertex]?.known?.type.group === 'entry');
  if (entries.length > 0) return entries;
  const wanted = known?.type.work === 'container' ? known.type.startsAt?.(known.config) : undefined;
  const named = inside.filter((vertex) => graph.nodes[vertex]?.source.id === wanted);
  return named.length > 0 ? named : inside.filter((vertex) => isTarget[vertex] !== 1);
}

function tellOfStarts({ source, index }: CheckedNode, starts: readonly number[], graph: NodeGraph, findings: Findings) {
  const at = fieldPath('nodes', index);
  if (starts.length === 0) {
    const message = `Node ${nodeName(source)} holds no node that its rounds could begin at. Put nodes inside it.`;
    return findings.error('missing_entry', at, message, source.id);
  }
  const names = starts.flatMap((vertex) => graph.nodes[vertex] ?? []).map((node) => nodeName(node.source));
  const message = `The rounds of node ${nodeName(source)} could begin at several nodes: ${names.join(', ')}. Link them behind one.`;
  findings.error('several_entries', at, message, source.id);
}

/** Warns of nodes that no run can reach from the entries of their own graph. */
export function checkReach(
  graph: NodeGraph,
  entries: readonly number[],
  bodies: ReadonlyMap<string, number>,
  findings: Findings,
): Uint8Array {
  const reached = reachableFrom(graph, [...entries, ...bodies.values()]);
  graph.nodes.forEach(({ source, index }, vertex) => {
    const isJudged = source.parent === undefined || bodies.has(source.parent);
    if (reached[vertex] === 1 || !isJudged) return;
    const message = `No path leads from the start to node ${nodeName(source)}, so it never runs. Link it or remove it.`;
    findings.warning('unreachable', fieldPath('nodes', index), message, source.id);
  });
  return reached;
}
