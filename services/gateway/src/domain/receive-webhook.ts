import type { ReceiveWebhookRequest, Run } from '@treadle/contracts';
import { FailureError } from '@treadle/failure';
import { followRun } from '../streaming/follow-run.js';
import type { Entries } from './ports.js';
import { isSettled, type RunSources } from './start-run.js';

/** What the sender of a webhook is to be answered. */
export interface WebhookOutcome {
  /** As it has ended or paused, where the sender waits for that; as it was begun otherwise. */
  readonly run: Run;
  readonly waits: boolean;
  /** 0 leaves it open. */
  readonly statusCode: number;
  /** Empty leaves it open. */
  readonly responseBody: string;
}

/**
 * Hands a request to the webhook it came for, and waits for its run where its workflow says so. When `signal` fires the run goes on
 * and is given as it was begun.
 * @param onBegun told when the run has begun.
 */
export async function receiveWebhook(
  entries: Entries,
  sources: RunSources,
  request: ReceiveWebhookRequest,
  signal: AbortSignal,
  onBegun: () => void = () => undefined,
): Promise<WebhookOutcome> {
  const { run, tenantId, wait, statusCode, responseBody } = await entries.receiveWebhook(request);
  if (!run) throw FailureError.of('internal', 'The orchestrator began a run and did not say which.');
  onBegun();
  const outcome = { waits: wait, statusCode, responseBody };
  if (!wait) return { ...outcome, run };
  if (!isSettled(run)) await followRun(sources, tenantId, run.id, signal);
  if (signal.aborted) return { ...outcome, run };
  // Read once more: values that travel by reference are whole in it.
  const answer = await sources.runs.getRun({ tenantId, runId: run.id });
  return { ...outcome, run: answer.run ?? run };
}
