import type { Workflow, WorkflowVersion } from '@treadle/contracts';
import type { Diagnostic, Json } from '@treadle/workflow';
import { moment } from '../runs/run.view.js';

export function workflowView(workflow: Workflow) {
  return {
    id: workflow.id,
    name: workflow.name,
    description: workflow.description,
    latest_version: workflow.latestVersion,
    published_version: workflow.publishedVersion || null,
    created_at: moment(workflow.createdUnixMs),
    updated_at: moment(workflow.updatedUnixMs),
  };
}

export function workflowWithDocumentView(workflow: Workflow, { version, published, source }: WorkflowVersion) {
  return {
    ...workflowView(workflow),
    version,
    published,
    format: source?.format ?? 'treadle',
    warnings: warningsView(source?.warningsJson ?? ''),
    document: JSON.parse(source?.documentJson || '{}') as Json,
  };
}

export function versionView({ version, published, createdUnixMs }: WorkflowVersion) {
  return { version, published, created_at: moment(createdUnixMs) };
}

export function storedWorkflowView({ id, name, latestVersion }: Workflow, warningsJson: string) {
  return { id, name, version: latestVersion, warnings: warningsView(warningsJson) };
}

function warningsView(json: string) {
  const warnings = JSON.parse(json || '[]') as Diagnostic[];
  return warnings.map(({ code, message, node, field }) => ({ code, message, node, field }));
}
