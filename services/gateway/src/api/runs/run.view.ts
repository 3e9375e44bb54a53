import type { ListRunsResponse, NodeRun, Run } from '@treadle/contracts';
import type { Failure } from '@treadle/failure';
import { publicFailure } from '../../streaming/public-event.js';
import type { OpenApproval } from '../approvals/approval-links.js';

/** A moment as the API shows it; 0 means that it has not come. */
export function moment(unixMs: number): string | null {
  return unixMs === 0 ? null : new Date(unixMs).toISOString();
}

/** A run as JSON text. What services give as JSON goes through as it is, without being read. */
export function runJson(run: Run, approvals: readonly OpenApproval[] = []): string {
  const { id, workflowId, workflowName, version, status, nodeRuns } = run;
  const plain = {
    id,
    workflow_id: workflowId,
    workflow_name: workflowName || undefined,
    version,
    status,
    conversation_id: run.conversationId || null,
    user: run.user || null,
    created_at: moment(run.createdUnixMs),
    finished_at: moment(run.finishedUnixMs),
    usage: { input_tokens: run.inputTokens, output_tokens: run.outputTokens },
    last_sequence: run.lastSequence,
    approvals: approvals.length > 0 ? approvals : undefined,
    origin: run.origin ? { run_id: run.origin.runId, kind: run.origin.kind } : null,
    continuations: nodeRuns.length > 0 ? run.continuations : undefined,
  };
  const nodes: Record<string, string> =
    nodeRuns.length > 0 ? { node_runs: `[${nodeRuns.map(nodeRunJson).join(',')}]` } : {};
  return withRaw(plain, {
    inputs: run.inputsJson || '{}',
    outputs: run.outputsJson,
    failure: failureJson(run.failureJson),
    ...nodes,
  });
}

export function runPageJson({ runs, nextCursor }: ListRunsResponse): string {
  return `{"items":[${runs.map((run) => runJson(run)).join(',')}],"next_cursor":${JSON.stringify(nextCursor || null)}}`;
}

function nodeRunJson(node: NodeRun): string {
  const plain = {
    key: node.nodeKey,
    node_id: node.nodeId,
    type: node.nodeType,
    title: node.title,
    status: node.status,
    attempt: node.attempt,
    started_at: moment(node.startedUnixMs),
    finished_at: moment(node.finishedUnixMs),
    usage: { input_tokens: node.inputTokens, output_tokens: node.outputTokens },
    warnings: node.warnings,
    handle: node.handle || null,
    reused: node.reused,
  };
  return withRaw(plain, {
    inputs: node.inputsJson,
    outputs: node.outputsJson,
    failure: failureJson(node.failureJson),
  });
}

/** Adds members whose values are JSON already; an empty one is null. */
function withRaw(plain: object, raw: Readonly<Record<string, string>>): string {
  const members = Object.entries(raw).map(([name, value]) => `,"${name}":${value || 'null'}`);
  return `${JSON.stringify(plain).slice(0, -1)}${members.join('')}}`;
}

function failureJson(text: string): string {
  return text === '' ? '' : JSON.stringify(publicFailure(JSON.parse(text) as Failure));
}
