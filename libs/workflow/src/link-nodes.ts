import type { CheckedNode } from './check-nodes.js';
import type { NodeGraph } from './check-shape.js';
import type { PlanEdge, PlanNode } from './plan.js';

/** Makes the nodes of the plan, in topological order, of everything a run can reach. */
export function linkNodes(
  graph: NodeGraph,
  order: readonly number[],
  reached: Uint8Array,
  edges: readonly PlanEdge[],
): ReadonlyMap<string, PlanNode> {
  const kept = order.flatMap((vertex) => {
    const node = graph.nodes[vertex];
    return node !== undefined && runsIn(graph, vertex, reached) ? [node] : [];
  });
  const links = new Map(
    kept.map((node) => [node.source.id, { incoming: [] as PlanEdge[], outgoing: [] as PlanEdge[] }]),
  );
  for (const edge of edges) {
    const source = links.get(edge.source);
    const target = links.get(edge.target);
    if (source === undefined || target === undefined) continue;
    source.outgoing.push(edge);
    target.incoming.push(edge);
  }
  const shown = shownOutputs(kept);
  const places = new Map<string, number>();
  return new Map(
    kept.map((node) => {
      const { id, parent = '' } = node.source;
      const place = places.get(parent) ?? 0;
      places.set(parent, place + 1);
      const link = links.get(id) ?? { incoming: [], outgoing: [] };
      return [id, planNode(node, link, place, shown)];
    }),
  );
}

/** A node in a container runs when the container does. */
function runsIn(graph: NodeGraph, vertex: number, reached: Uint8Array): boolean {
  let at = vertex;
  for (let parent = graph.nodes[at]?.source.parent; parent !== undefined; parent = graph.nodes[at]?.source.parent) {
    at = graph.vertexOf.get(parent) ?? -1;
  }
  return reached[at] === 1;
}

/** `node.output` of everything an output node shows as it is. */
function shownOutputs(nodes: readonly CheckedNode[]): ReadonlySet<string> {
  const output = nodes.filter((node) => node.known?.type.group === 'output');
  return new Set(
    output.flatMap((node) => node.reads.flatMap(({ selector }) => (selector.length === 2 ? [selector.join('.')] : []))),
  );
}

function planNode(
  { source, known, reads, retry, onError }: CheckedNode,
  links: Pick<PlanNode, 'incoming' | 'outgoing'>,
  order: number,
  shown: ReadonlySet<string>,
): PlanNode {
  const type = known?.type;
  const task = type?.work === 'task' ? type : undefined;
  return {
    id: source.id,
    type: source.type,
    title: source.title,
    config: known?.config,
    configJson: JSON.stringify(known?.config ?? {}),
    reads,
    ...links,
    retry,
    timeoutSeconds: source.timeout_seconds ?? task?.timeoutSeconds ?? 0,
    onError,
    pool: task === undefined ? '' : (source.pool ?? task.pool),
    order,
    ...(source.parent === undefined ? {} : { parent: source.parent }),
    streamsText: type?.streams !== undefined && shown.has(`${source.id}.${type.streams}`),
  };
}
