import type { CheckedNode } from './check-nodes.js';
import { failHandle } from './descriptor.js';
import type { DocumentEdge } from './document.js';
import { fieldPath } from './field-path.js';
import { type Findings, nodeName } from './findings.js';
import type { PlanEdge } from './plan.js';

/** Checks every edge and gives those whose ends exist side by side, each once. */
export function checkEdges(
  edges: readonly DocumentEdge[],
  nodes: ReadonlyMap<string, CheckedNode>,
  findings: Findings,
): PlanEdge[] {
  const linked = new Map<string, PlanEdge>();
  edges.forEach((edge, index) => {
    const source = nodes.get(edge.source);
    const target = nodes.get(edge.target);
    if (source === undefined) missingEnd('source', edge.source, index, findings);
    if (target === undefined) missingEnd('target', edge.target, index, findings);
    if (source !== undefined) checkHandle(edge, index, source, findings);
    if (source === undefined || target === undefined) return;
    if (source.source.parent !== target.source.parent) {
      const message = `The edge from ${nodeName(source.source)} to ${nodeName(target.source)} crosses the border of a container. Link nodes of the same container only.`;
      findings.error('crosses_container', fieldPath('edges', index), message, edge.target);
      return;
    }
    const key = JSON.stringify([edge.source, edge.source_handle, edge.target]);
    linked.set(key, { source: edge.source, handle: edge.source_handle, target: edge.target });
  });
  return [...linked.values()];
}

function missingEnd(end: 'source' | 'target', id: string, index: number, findings: Findings): void {
  const message = `edges[${index}] names "${id}" as its ${end}, but no node has that id.`;
  findings.error(end === 'source' ? 'missing_source' : 'missing_target', fieldPath('edges', index, end), message, id);
}

function checkHandle(edge: DocumentEdge, index: number, source: CheckedNode, findings: Findings): void {
  const handle = edge.source_handle;
  // A node of unknown type may have any branch, but only its error strategy gives it the one for failures.
  const known =
    source.handles === undefined
      ? handle !== failHandle || source.onError.strategy === failHandle
      : source.handles.has(handle);
  if (known) return;
  const choices = [...(source.handles ?? [])].map((name) => `"${name}"`).join(', ');
  const hint =
    handle === failHandle
      ? 'Set its on_error.strategy to "fail-branch" to have that branch.'
      : choices === ''
        ? 'No edge may leave it.'
        : `Its branches are ${choices}.`;
  const message = `edges[${index}] leaves ${nodeName(source.source)} by the branch "${handle}", which it does not have. ${hint}`;
  findings.error('bad_handle', fieldPath('edges', index, 'source_handle'), message, edge.source);
}
