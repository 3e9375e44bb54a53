import { Controller } from '@nestjs/common';
import type * as contracts from '@treadle/contracts';
import type { WorkflowServiceService } from '@treadle/contracts';
import { FailureError } from '@treadle/failure';
import type { Handlers } from '@treadle/grpc';
import { checkedWorkflowId } from '../domain/runs/run-id.js';
import type { VersionRow, WorkflowRepository, WorkflowRow } from '../domain/workflows/workflow.repository.js';
import type { Stored, Workflows } from '../domain/workflows/workflows.js';
import { webhookMessage } from './entry.controller.js';

/** Workflows over gRPC, or called directly in standalone. */
@Controller()
export class WorkflowController implements Handlers<typeof WorkflowServiceService> {
  constructor(
    private readonly workflows: Workflows,
    private readonly repository: WorkflowRepository,
  ) {}

  async createWorkflow(request: contracts.CreateWorkflowRequest): Promise<contracts.CreateWorkflowResponse> {
    return stored(await this.workflows.create(request.tenantId, sourceOf(request), request.name));
  }

  async updateWorkflow(request: contracts.UpdateWorkflowRequest): Promise<contracts.UpdateWorkflowResponse> {
    return stored(
      await this.workflows.update(request.tenantId, checkedWorkflowId(request.workflowId), sourceOf(request)),
    );
  }

  async publishWorkflow(request: contracts.PublishWorkflowRequest): Promise<contracts.PublishWorkflowResponse> {
    const { tenantId, version } = request;
    const id = checkedWorkflowId(request.workflowId);
    const { workflow, webhooks } = await this.workflows.publish(tenantId, id, version);
    return {
      workflow: messageOf(workflow),
      webhooks: webhooks.map(({ webhook, secret = '' }) => ({ webhook: webhookMessage(webhook), secret })),
    };
  }

  async getWorkflow(request: contracts.GetWorkflowRequest): Promise<contracts.GetWorkflowResponse> {
    const id = checkedWorkflowId(request.workflowId);
    const workflow = await this.repository.find(request.tenantId, id);
    if (!workflow) throw notFound(id);
    const number = request.version || workflow.latestVersion;
    const version = await this.repository.findVersion(request.tenantId, id, number);
    if (!version) throw FailureError.of('not_found', `Workflow ${id} has no version ${number}.`, { field: 'version' });
    const { document, format, original, warningsJson } = version;
    const source = { documentJson: JSON.stringify(document), format, original, warningsJson };
    return { workflow: messageOf(workflow), version: { ...versionOf(version), source } };
  }

  async listWorkflows(request: contracts.ListWorkflowsRequest): Promise<contracts.ListWorkflowsResponse> {
    const limit = Math.min(Math.max(request.limit || 20, 1), 100);
    const rows = await this.repository.list(request.tenantId, request.cursor || undefined, limit + 1);
    const page = rows.slice(0, limit);
    return { workflows: page.map(messageOf), nextCursor: rows.length > limit ? (page.at(-1)?.id ?? '') : '' };
  }

  async listWorkflowVersions(
    request: contracts.ListWorkflowVersionsRequest,
  ): Promise<contracts.ListWorkflowVersionsResponse> {
    const versions = await this.repository.versions(request.tenantId, checkedWorkflowId(request.workflowId));
    if (versions.length === 0) throw notFound(request.workflowId);
    return { versions: versions.map(versionOf) };
  }
}

function notFound(id: string): FailureError {
  return FailureError.of('not_found', `There is no workflow ${id}.`, { field: 'workflow_id' });
}

function sourceOf({ source }: { source?: contracts.WorkflowSource | undefined }): contracts.WorkflowSource {
  if (!source) throw FailureError.of('invalid_argument', 'The request holds no document.', { field: 'source' });
  return source;
}

function stored({ workflow, warnings }: Stored): contracts.CreateWorkflowResponse {
  return { workflow: messageOf(workflow), warningsJson: JSON.stringify(warnings) };
}

function messageOf(row: WorkflowRow): contracts.Workflow {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    latestVersion: row.latestVersion,
    publishedVersion: row.publishedVersion ?? 0,
    createdUnixMs: row.createdAt,
    updatedUnixMs: row.updatedAt,
  };
}

function versionOf(row: Omit<VersionRow, 'document' | 'original'>): contracts.WorkflowVersion {
  return {
    version: row.version,
    published: row.publishedAt !== undefined,
    createdUnixMs: row.createdAt,
    source: { documentJson: '', format: row.format, original: '', warningsJson: row.warningsJson },
  };
}
