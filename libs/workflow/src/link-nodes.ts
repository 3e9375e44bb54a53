import type { CheckedNode } from './check-nodes.js';
import type { NodeGraph } from './check-shape.js';
import type { Graph, PlanEdge, PlanNode } from './plan.js';

/** What the checks have found out, to be made into a plan. */
export interface CheckedGraph {
  readonly graph: NodeGraph;
  readonly order: readonly number[];
  readonly reached: Uint8Array;
  readonly edges: readonly PlanEdge[];
  /** Where the rounds of a container begin, by its id. */
  readonly bodies: ReadonlyMap<string, number>;
  /** The bodies of containers that nobody has drawn, by the id of the node: workflows run inside this one, and composed ones. */
  readonly given: ReadonlyMap<string, Graph>;
}

/**
 * Makes the graph of the plan, and within it those of its containers, of everything a run can reach.
 * @param entries the vertices a run may begin at, the one of most runs first
 */
export function linkNodes(checked: CheckedGraph, entries: readonly number[]): Graph {
  const { graph, order, reached } = checked;
  const kept = order.flatMap((vertex) => {
    const node = graph.nodes[vertex];
    return node !== undefined && reached[vertex] === 1 ? [node] : [];
  });
  const inside = new Map<string, CheckedNode[]>();
  for (const node of kept) {
    const { parent = '' } = node.source;
    const siblings = inside.get(parent);
    if (siblings === undefined) inside.set(parent, [node]);
    else siblings.push(node);
  }
  const links = linksOf(kept, checked.edges);
  const shown = shownOutputs(inside.get('') ?? []);
  const graphOf = (parent: string, start: number | undefined): Graph => ({
    entry: graph.nodes[start ?? -1]?.source.id ?? '',
    nodes: new Map(
      (inside.get(parent) ?? []).map((node, place) => {
        const { id } = node.source;
        const link = links.get(id) ?? { incoming: [], outgoing: [] };
        return [id, { ...planNode(node, link, place, shown), ...bodyOf(node) }];
      }),
    ),
  });
  const bodyOf = ({ source: { id }, known }: CheckedNode): Pick<PlanNode, 'body'> => {
    if (known?.type.work !== 'container') return {};
    const isDrawn = known.type.workflow === undefined && known.type.composes === undefined;
    const body = isDrawn ? graphOf(id, checked.bodies.get(id)) : checked.given.get(id);
    return body === undefined ? {} : { body };
  };
  const ids = entries.flatMap((vertex) => graph.nodes[vertex]?.source.id ?? []);
  return { ...graphOf('', entries[0]), ...(ids.length > 1 ? { entries: ids } : {}) };
}

type Links = Pick<PlanNode, 'incoming' | 'outgoing'>;

function linksOf(nodes: readonly CheckedNode[], edges: readonly PlanEdge[]): ReadonlyMap<string, Links> {
  const links = new Map(
    nodes.map((node) => [node.source.id, { incoming: [] as PlanEdge[], outgoing: [] as PlanEdge[] }]),
  );
  for (const edge of edges) {
    const source = links.get(edge.source);
    const target = links.get(edge.target);
    if (source === undefined || target === undefined) continue;
    source.outgoing.push(edge);
    target.incoming.push(edge);
  }
  return links;
}

/** `node.output` of everything an output node at the top level shows as it is. */
function shownOutputs(nodes: readonly CheckedNode[]): ReadonlySet<string> {
  const output = nodes.filter((node) => node.known?.type.group === 'output');
  return new Set(
    output.flatMap((node) => node.reads.flatMap(({ selector }) => (selector.length === 2 ? [selector.join('.')] : []))),
  );
}

/** How an executor settles a control node whose values are large. */
const settledElsewhere = { pool: 'default', timeoutSeconds: 60 };

function planNode(
  { source, known, reads, retry, onError }: CheckedNode,
  links: Links,
  order: number,
  shown: ReadonlySet<string>,
): PlanNode {
  const type = known?.type;
  const task = type?.work === 'task' ? type : type?.work === 'control' ? settledElsewhere : undefined;
  const history = type?.work === 'task' ? type.history?.(known?.config) : undefined;
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
    ...(source.approval === undefined ? {} : { approval: source.approval }),
    pool: task === undefined ? '' : (source.pool ?? task.pool),
    order,
    ...(source.parent === undefined ? {} : { parent: source.parent }),
    streamsText:
      source.parent === undefined && type?.streams !== undefined && shown.has(`${source.id}.${type.streams}`),
    ...(type?.trigger === undefined ? {} : { trigger: type.trigger }),
    ...(history === undefined ? {} : { history }),
  };
}
