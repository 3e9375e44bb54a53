import type { ProvidedKind } from '../../domain/toolset-kind.js';
import { type RunParts, runWorkflow } from './run-workflow.js';
import { type Workflows, WorkflowTools } from './workflow-tools.js';

export type WorkflowKindParts = RunParts & { readonly workflows: Workflows };

/** Every published workflow is a tool; calling it is a run. */
export function makeWorkflowKind(parts: WorkflowKindParts): ProvidedKind & { readonly kind: 'workflow' } {
  const tools = new WorkflowTools(parts.workflows);
  return {
    kind: 'workflow',
    description: 'Every published workflow, by its name or id.',
    offered: (tenantId, only, version = 0) => tools.offered(tenantId, only, version),
    call: (tool, _settings, args, world) => runWorkflow(parts, tool, args, world),
  };
}
