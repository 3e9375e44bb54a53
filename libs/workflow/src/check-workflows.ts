import type { CheckedNode } from './check-nodes.js';
import type { Catalog, WorkflowReference } from './descriptor.js';
import type { WorkflowDocument } from './document.js';
import { fieldPath } from './field-path.js';
import { type Findings, nodeName } from './findings.js';
import { type Graph, hasStart, type Plan } from './plan.js';

/** Finds the plan of a version of a workflow; `undefined` where there is none that runs. */
export type FindPlan = (reference: WorkflowReference) => Plan | undefined;

/** Finds the body of every node that runs another workflow, by the node's id. Without `find` nothing is looked for. */
export function checkWorkflows(
  byId: ReadonlyMap<string, CheckedNode>,
  find: FindPlan | undefined,
  findings: Findings,
): ReadonlyMap<string, Graph> {
  const called = new Map<string, Graph>();
  if (find === undefined) return called;
  for (const { source, index, known } of byId.values()) {
    const reference = known?.type.work === 'container' ? known.type.workflow?.(known.config) : undefined;
    if (reference === undefined) continue;
    const plan = find(reference);
    if (plan !== undefined && hasStart(plan)) called.set(source.id, plan);
    else {
      const why =
        plan === undefined ? 'does not exist or cannot run' : 'has no start node, so only its triggers begin it';
      const message = `Node ${nodeName(source)} runs version ${reference.version} of workflow "${reference.id}", which ${why}. Choose another.`;
      findings.error('unknown_workflow', fieldPath('nodes', index, 'config'), message, source.id);
    }
  }
  return called;
}

/** The versions of other workflows that a document runs, each once, to be found before it is compiled. */
export function workflowsCalledBy(document: WorkflowDocument, catalog: Catalog): WorkflowReference[] {
  const called = new Map<string, WorkflowReference>();
  for (const node of document.nodes) {
    const type = Object.hasOwn(catalog, node.type) ? catalog[node.type] : undefined;
    if (type?.work !== 'container' || type.workflow === undefined) continue;
    const config = type.config.safeParse(node.config);
    if (!config.success) continue;
    const reference = type.workflow(config.data);
    called.set(`${reference.id}@${reference.version}`, reference);
  }
  return [...called.values()];
}
