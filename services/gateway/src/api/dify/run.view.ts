import type { NodeRun, Run } from '@treadle/contracts';
import type { Failure } from '@treadle/failure';
import type { JsonObject } from '@treadle/workflow';
import type { App } from './app.js';
import { resourcesOf } from './resources.js';
import { versionId } from './version-id.js';

/** Seconds since 1970, as Dify tells moments; null for one that has not come. */
export function seconds(unixMs: number): number | null {
  return unixMs === 0 ? null : Math.floor(unixMs / 1000);
}

/** Between two moments, in seconds; 0 while the second has not come. */
export function elapsed(fromMs: number, toMs: number): number {
  return toMs === 0 ? 0 : Math.max(0, toMs - fromMs) / 1000;
}

export interface RunTotals {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly elapsedSeconds: number;
}

/** What models have used. Prices stay out: they are kept by budgets, and a run has no currency. */
export function usageView({ inputTokens, outputTokens, elapsedSeconds }: RunTotals) {
  const price = { unit_price: '0', price_unit: '0', price: '0' };
  const priced = (kind: string) =>
    Object.fromEntries(Object.entries(price).map(([name, value]) => [`${kind}_${name}`, value]));
  return {
    prompt_tokens: inputTokens,
    ...priced('prompt'),
    completion_tokens: outputTokens,
    ...priced('completion'),
    total_tokens: inputTokens + outputTokens,
    total_price: '0',
    currency: 'USD',
    latency: elapsedSeconds,
  };
}

export function totalsOf({ inputTokens, outputTokens, createdUnixMs, finishedUnixMs }: Run): RunTotals {
  return { inputTokens, outputTokens, elapsedSeconds: elapsed(createdUnixMs, finishedUnixMs) };
}

/** How Dify calls the state of a run. */
export function statusOf({ status, nodeRuns }: Pick<Run, 'status' | 'nodeRuns'>): string {
  switch (status) {
    case 'completed':
      return nodeRuns.some((node) => node.status === 'failed') ? 'partial-succeeded' : 'succeeded';
    case 'cancelled':
      return 'stopped';
    case 'failed':
    case 'paused':
      return status;
    default:
      return 'running';
  }
}

export function objectOf(json: string): JsonObject {
  return json === '' ? {} : (JSON.parse(json) as JsonObject);
}

export function errorOf({ status, failureJson }: Pick<Run, 'status' | 'failureJson'>): string | null {
  if (failureJson !== '') return (JSON.parse(failureJson) as Failure).message;
  return status === 'cancelled' ? 'The run was stopped.' : null;
}

/** The nodes that a run has come through. */
export function stepsOf({ nodeRuns }: Pick<Run, 'nodeRuns'>): number {
  return nodeRuns.filter(({ status }) => status === 'completed' || status === 'failed').length;
}

/** A finished run, as both the blocking answer and the look at one run have it. */
export function runData(run: Run) {
  return {
    id: run.id,
    workflow_id: versionId(run.workflowId, run.version),
    status: statusOf(run),
    outputs: run.outputsJson === '' ? null : objectOf(run.outputsJson),
    error: errorOf(run),
    elapsed_time: elapsed(run.createdUnixMs, run.finishedUnixMs),
    total_tokens: run.inputTokens + run.outputTokens,
    total_steps: stepsOf(run),
    created_at: seconds(run.createdUnixMs),
    finished_at: seconds(run.finishedUnixMs),
  };
}

/** The answer of a workflow's run, whatever became of it. */
export function workflowAnswer(run: Run, pause: object = {}) {
  return { task_id: run.id, workflow_run_id: run.id, data: { ...runData(run), ...pause } };
}

/** The answer of a chat or a completion that went well. */
export function messageAnswer(run: Run, { mode }: Pick<App, 'mode'>) {
  const { answer } = objectOf(run.outputsJson);
  const conversation = run.conversationId === '' ? {} : { conversation_id: run.conversationId };
  return {
    event: 'message',
    task_id: run.id,
    id: run.id,
    message_id: run.id,
    ...conversation,
    mode,
    answer: typeof answer === 'string' ? answer : '',
    metadata: { usage: usageView(totalsOf(run)), retriever_resources: run.nodeRuns.flatMap(nodeResources) },
    created_at: seconds(run.createdUnixMs),
  };
}

function nodeResources({ nodeType, outputsJson }: NodeRun) {
  return resourcesOf(nodeType, objectOf(outputsJson));
}
