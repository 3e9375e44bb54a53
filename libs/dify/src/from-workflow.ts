import { fieldPath, type Json, type WorkflowDocumentInput } from '@treadle/workflow';
import type { DifyEdge, DifyNode, DifyVariable, DifyWorkflow } from './dify-file.js';
import { parentOf, toNode } from './to-node.js';
import type { Warnings } from './warnings.js';

/** The part of a document that a graph (or an app without one) gives, and what is only kept. */
export interface ImportedGraph {
  readonly parts: Pick<WorkflowDocumentInput, 'nodes' | 'edges' | 'environment' | 'conversation'>;
  readonly extensions: Record<string, Json>;
}

type ImportedNode = WorkflowDocumentInput['nodes'][number];

/** Translates the graph of a `workflow` or `advanced-chat` app node by node. */
export function graphFromWorkflow(workflow: DifyWorkflow, warnings: Warnings): ImportedGraph {
  const { nodes, edges, viewport } = workflow.graph;
  const notes = nodes.filter(isNote);
  const working = nodes.filter((node) => !isNote(node));
  return {
    parts: {
      nodes: working.map((node, index) => withStart(toNode(node, index, warnings), working)),
      edges: toEdges(edges ?? [], new Set(working.map((node) => node.id)), warnings),
      environment: (workflow.environment_variables ?? []).map(toVariable),
      conversation: (workflow.conversation_variables ?? []).map(toVariable),
    },
    extensions: {
      features: workflow.features ?? {},
      viewport: viewport ?? null,
      notes: notes.map(({ position, width, height, data }) => ({
        position: position ? { x: position.x, y: position.y } : null,
        size: { width: width ?? null, height: height ?? null },
        data: data ?? {},
      })),
    },
  };
}

/** Before there were nodes to begin at, a mark on a node said that the rounds of an iteration begin there. */
function withStart(node: ImportedNode, nodes: readonly DifyNode[]): ImportedNode {
  if (node.type !== 'iteration' || node.config?.start_node_id) return node;
  const start = nodes.find((inner) => inner.data?.isIterationStart === true && parentOf(inner).parent === node.id);
  return start ? { ...node, config: { ...node.config, start_node_id: start.id } } : node;
}

function isNote(node: DifyNode): boolean {
  return node.type === 'custom-note';
}

/** The branch after success has no name of its own here. Edges that hang in the air lead nowhere in Dify either. */
function toEdges(edges: readonly DifyEdge[], ids: ReadonlySet<string>, warnings: Warnings) {
  return edges.flatMap(({ source, sourceHandle, target }, index) => {
    const missing = [source, target].find((id) => !ids.has(id));
    if (missing !== undefined) {
      const message = `The edge from "${source}" to "${target}" was left out, because there is no node "${missing}".`;
      warnings.add('imported', fieldPath('edges', index), message);
      return [];
    }
    const handle = !sourceHandle || sourceHandle === 'success-branch' ? 'source' : sourceHandle;
    return [{ source, source_handle: handle, target }];
  });
}

function toVariable({ name, value_type, value, description }: DifyVariable) {
  return { name, type: value_type ?? 'string', value: value ?? null, description: description ?? '' };
}
