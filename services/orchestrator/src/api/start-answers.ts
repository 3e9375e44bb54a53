import type { StartRunResponse } from '@treadle/contracts';
import { isTerminal, type RunStatus } from '@treadle/engine';
import type { Started } from '../domain/runs/begin-once.js';
import { readRun } from '../domain/runs/read-run.js';
import type { RunRepository } from '../domain/runs/run.repository.js';
import { runFromState } from '../domain/runs/run-view.js';
import type { StartRunPorts } from '../domain/runs/start-run.js';

/** Answers a request that has begun a run: at once, and where it waits again when the run has ended or paused. */
export async function* startAnswers(
  { runs, plans }: Pick<StartRunPorts, 'runs' | 'plans'>,
  repository: RunRepository,
  { tenantId, wait }: { readonly tenantId: string; readonly wait: boolean },
  started: Started,
): AsyncIterable<StartRunResponse> {
  if (started.kind === 'begun') {
    const { run, ended } = started;
    yield { run: runFromState(run.facts, run.state, runs.now()), repeatedStart: false };
    if (!ended || isOver(run.state.status)) return;
    yield { run: runFromState(run.facts, await ended, runs.now()), repeatedStart: false };
    return;
  }
  if (started.kind === 'elsewhere') {
    yield started.answer;
    return;
  }
  // If the first run goes on at another replica, `unavailable` tells the waiting caller to follow it.
  const { runId } = started;
  const first = await readRun(repository, plans, tenantId, runId);
  yield { run: first, repeatedStart: true };
  if (!wait || isOver(first.status as RunStatus)) return;
  const live = await runs.find(runId);
  if (live) await runs.ended(live);
  yield { run: await readRun(repository, plans, tenantId, runId), repeatedStart: true };
}

/** Whether there is nothing more to wait for: a paused run may rest for days. */
function isOver(status: RunStatus): boolean {
  return isTerminal(status) || status === 'paused';
}
