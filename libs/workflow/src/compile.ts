import { checkEdges } from './check-edges.js';
import { type CheckedNode, checkNodes } from './check-nodes.js';
import { checkReferences, type IsUpstream } from './check-references.js';
import {
  checkBodies,
  checkCycles,
  checkEnds,
  checkParents,
  checkPlaces,
  checkReach,
  type NodeGraph,
  nodeGraph,
} from './check-shape.js';
import { checkWorkflows, type FindPlan } from './check-workflows.js';
import { composeBodies } from './compose-bodies.js';
import type { Catalog } from './descriptor.js';
import type { WorkflowDocument } from './document.js';
import { Findings } from './findings.js';
import { Ancestors } from './graph.js';
import type { Json } from './json.js';
import { linkNodes } from './link-nodes.js';
import type { Compilation, RunLimits } from './plan.js';

export interface CompileOptions {
  /** For imported files: selectors that lead nowhere are warnings, since such files ran where they came from. */
  readonly tolerant?: boolean;
  /** Finds the plans of workflows that are run inside this one; absent leaves them out, for whoever does not run the plan. */
  readonly workflows?: FindPlan;
}

/**
 * Checks a document against the node types and links it into the plan that the engine runs.
 * Every problem is told at once, each with its node and field; there is a plan exactly when none of them is an error.
 */
export function compile(document: WorkflowDocument, catalog: Catalog, options: CompileOptions = {}): Compilation {
  const findings = new Findings(options.tolerant ?? false);
  const byId = checkNodes(document, catalog, findings);
  checkParents(byId, findings);
  checkPlaces(byId, findings);
  const called = checkWorkflows(byId, options.workflows, findings);
  const composed = composeBodies(byId, catalog);
  const edges = checkEdges(document.edges, byId, findings);
  const graph = nodeGraph(byId, edges);
  const order = checkCycles(graph, findings);
  const entries = checkEnds(graph, findings);
  const bodies = checkBodies(graph, findings);
  const reached = entries.length === 0 ? undefined : checkReach(graph, entries, bodies, findings);
  checkReferences(document, byId, order === undefined ? undefined : upstreamIn(graph, order), findings);
  const { diagnostics } = findings;
  if (findings.hasErrors || order === undefined || reached === undefined) return { diagnostics };
  const plan = {
    name: document.name,
    kind: document.kind,
    ...linkNodes({ graph, order, reached, edges, bodies, given: new Map([...called, ...composed]) }, entries),
    limits: limitsOf(document),
    environment: valuesOf(document.environment),
    conversation: valuesOf(document.conversation),
    conversationTypes: Object.fromEntries(document.conversation.map(({ name, type }) => [name, type])),
  };
  return { plan, diagnostics };
}

/** Inside a container everything upstream of the container is upstream too, and so is the container itself: it gives its children their item. */
function upstreamIn(graph: NodeGraph, order: readonly number[]): IsUpstream {
  const ancestors = new Ancestors(graph, order);
  const vertex = (node: CheckedNode) => graph.vertexOf.get(node.source.id) ?? -1;
  return (ancestor, node) => {
    const wanted = vertex(ancestor);
    const seen = new Set<number>();
    for (
      let at = vertex(node);
      at >= 0 && !seen.has(at);
      at = graph.vertexOf.get(graph.nodes[at]?.source.parent ?? '') ?? -1
    ) {
      if (ancestors.has(at, wanted) || (at === wanted && at !== vertex(node))) return true;
      seen.add(at);
    }
    return false;
  };
}

function limitsOf({ limits }: WorkflowDocument): RunLimits {
  const { steps, run_seconds, conversation_seconds } = limits;
  return {
    steps,
    ...(run_seconds === undefined ? {} : { runSeconds: run_seconds }),
    ...(conversation_seconds === undefined ? {} : { conversationSeconds: conversation_seconds }),
  };
}

function valuesOf(variables: WorkflowDocument['environment']): Record<string, Json> {
  return Object.fromEntries(variables.map(({ name, value }) => [name, value]));
}
