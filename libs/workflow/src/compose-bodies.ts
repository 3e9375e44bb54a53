import { checkEdges } from './check-edges.js';
import { type CheckedNode, checkNodes } from './check-nodes.js';
import { checkBodies, checkCycles, nodeGraph } from './check-shape.js';
import type { Catalog, ComposedBody, ComposedNode } from './descriptor.js';
import type { DocumentNode } from './document.js';
import { Findings } from './findings.js';
import { linkNodes } from './link-nodes.js';
import type { Graph } from './plan.js';

/** Makes the body of every container whose nodes follow from its configuration, by the container's id. */
export function composeBodies(byId: ReadonlyMap<string, CheckedNode>, catalog: Catalog): ReadonlyMap<string, Graph> {
  const composed = new Map<string, Graph>();
  for (const { source, known } of byId.values()) {
    const body = known?.type.work === 'container' ? known.type.composes?.(known.config, source) : undefined;
    if (body !== undefined) composed.set(source.id, linkBody(body, catalog));
  }
  return composed;
}

/** What is wrong with such a body is no mistake of the author's. */
function linkBody({ nodes, edges: drawn }: ComposedBody, catalog: Catalog): Graph {
  const findings = new Findings(false);
  const byId = checkNodes({ nodes: nodes.map(asWritten), conversation: [] }, catalog, findings);
  const edges = checkEdges(drawn, byId, findings);
  const graph = nodeGraph(byId, edges);
  const order = checkCycles(graph, findings);
  const bodies = checkBodies(graph, findings);
  if (findings.hasErrors || order === undefined) {
    throw new Error(`a composed body is wrong: ${findings.diagnostics.map(({ message }) => message).join(' ')}`);
  }
  const isTarget = new Set(edges.map(({ target }) => target));
  const entry = graph.nodes.findIndex(({ source: { id, parent } }) => parent === undefined && !isTarget.has(id));
  const reached = new Uint8Array(graph.nodes.length).fill(1);
  return linkNodes({ graph, order, reached, edges, bodies, given: new Map() }, [entry]);
}

/** As it would be in a document: what is not set is not there. */
function asWritten(node: ComposedNode): DocumentNode {
  return {
    title: '',
    description: '',
    ...(JSON.parse(JSON.stringify(node)) as ComposedNode & Pick<DocumentNode, 'config'>),
  };
}
