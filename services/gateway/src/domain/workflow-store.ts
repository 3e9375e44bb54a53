import type { Workflow, WorkflowSource } from '@treadle/contracts';
import { FailureError } from '@treadle/failure';
import { checkModels } from './check-models.js';
import type { Models, Workflows } from './ports.js';
import { readSource } from './read-source.js';

export interface StoredWorkflow {
  readonly workflow: Workflow;
  /** Everything that was noticed, as a JSON array of `{code, message, node, field}`. */
  readonly warningsJson: string;
}

/** Stores documents as they come from outside: read and imported here, checked and kept by the orchestrator. */
export class WorkflowStore {
  constructor(
    readonly client: Workflows,
    private readonly models: Models,
  ) {}

  async create(tenantId: string, text: string, name: string): Promise<StoredWorkflow> {
    const source = await this.read(tenantId, text);
    return stored(await this.client.createWorkflow({ tenantId, source, name }));
  }

  async update(tenantId: string, workflowId: string, text: string): Promise<StoredWorkflow> {
    const source = await this.read(tenantId, text);
    return stored(await this.client.updateWorkflow({ tenantId, workflowId, source }));
  }

  private async read(tenantId: string, text: string): Promise<WorkflowSource> {
    const { source, document, warnings } = readSource(text);
    const found = await checkModels(this.models, tenantId, document);
    return { ...source, warningsJson: JSON.stringify([...warnings, ...found]) };
  }
}

function stored(answer: { readonly workflow: Workflow | undefined; readonly warningsJson: string }): StoredWorkflow {
  if (!answer.workflow) throw FailureError.of('internal', 'The orchestrator stored a workflow and did not say which.');
  return { workflow: answer.workflow, warningsJson: answer.warningsJson };
}
