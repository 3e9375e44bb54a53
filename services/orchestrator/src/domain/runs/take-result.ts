import { type Heartbeat, type Receipt, type Result, Verdict } from '@treadle/contracts';
import { type Input, nodeStateAt, type Outcome, planNodeAt } from '@treadle/engine';
import { fromFailureMessage } from '@treadle/grpc';
import type { Assignment, JsonObject } from '@treadle/workflow';
import type { LiveRun } from './live-run.js';
import type { LiveRuns } from './live-runs.js';
import type { Offer } from './offer.js';
import { isPassing } from './task-dispatcher.js';

/**
 * Takes what an executor made of a task. The receipt comes after the commit; a result that is late, repeated or from a stale
 * worker is refused for good. What it made due may come with the receipt.
 */
export async function takeResult(runs: LiveRuns, result: Result): Promise<Receipt> {
  try {
    const run = await runs.find(result.runId);
    if (!run || isStale(run, result)) return { verdict: Verdict.VERDICT_REFUSED };
    const offer = offerOf(run, result);
    const accepted = await run.give(inputOf(result, runs.now()), offer);
    const verdict = accepted || wasTaken(run, result) ? Verdict.VERDICT_COMMITTED : Verdict.VERDICT_REFUSED;
    return { verdict, next: offer?.next };
  } catch (error) {
    if (isPassing(error)) return { verdict: Verdict.VERDICT_RETRY };
    throw error;
  }
}

function inputOf(result: Result, at: number): Input {
  return {
    type: 'result',
    at,
    key: result.nodeKey,
    attempt: result.attempt,
    outcome: outcomeOf(result),
    execution: result.executionId,
    startedAt: result.startedUnixMs,
    finishedAt: result.finishedUnixMs,
  };
}

function offerOf(run: LiveRun, { takesNext, nodeKey }: Result): Offer | undefined {
  const node = takesNext ? planNodeAt(run.plan, nodeKey) : undefined;
  return node && { pool: node.pool };
}

/** Keeps the leases of running tasks alive. A worker whose fence has been passed is not listened to. */
export function takeHeartbeat(runs: LiveRuns, heartbeat: Heartbeat): void {
  for (const task of heartbeat.tasks) {
    const run = runs.peek(task.runId);
    const node = run && nodeStateAt(run.state, task.nodeKey);
    if (!run || node?.status !== 'scheduled' || node.attempt !== task.attempt) continue;
    const fence = run.leases.get(task.nodeKey)?.fence ?? 0;
    if (task.fence >= fence) run.leases.set(task.nodeKey, { fence: task.fence, heardAt: runs.now() });
  }
}

function isStale(run: LiveRun, result: Result): boolean {
  return result.fence < (run.leases.get(result.nodeKey)?.fence ?? 0);
}

function wasTaken(run: LiveRun, result: Result): boolean {
  const node = nodeStateAt(run.state, result.nodeKey);
  return node?.attempt === result.attempt && node.execution === result.executionId && result.executionId !== '';
}

function outcomeOf(result: Result): Outcome {
  switch (result.outcome?.$case) {
    case 'completed': {
      const { outputsJson, handle, usage, warnings, assignsJson } = result.outcome.value;
      return {
        outputs: JSON.parse(outputsJson) as JsonObject,
        ...(handle === '' ? {} : { handle }),
        ...(usage ? { usage } : {}),
        ...(warnings.length === 0 ? {} : { warnings }),
        ...(assignsJson === '' ? {} : { assigns: JSON.parse(assignsJson) as Assignment[] }),
      };
    }
    case 'failed':
      return { failure: fromFailureMessage(result.outcome.value) };
    case undefined:
      throw new Error(`result of ${result.runId} ${result.nodeKey} without an outcome`);
  }
}
