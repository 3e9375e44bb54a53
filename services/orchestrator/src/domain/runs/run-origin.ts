import { isTerminal, type RunEvent, type RunStarted } from '@treadle/engine';
import { FailureError } from '@treadle/failure';
import { foundRun } from './read-run.js';
import type { RunRepository, RunRow } from './run.repository.js';
import { partitionOf } from './run-id.js';
import { eventsOf } from './run-journal.js';

/** A run that is over, with its whole history. */
export interface Origin {
  readonly row: RunRow;
  readonly started: RunStarted;
  readonly events: readonly RunEvent[];
}

/** How many finished nodes a refusal names. */
const namedNodes = 50;

/**
 * Reads the run that another one is to continue.
 * @throws FailureError `not_found`; `resume_refused` while it is not over
 */
export async function readOrigin(repository: RunRepository, tenantId: string, runId: string): Promise<Origin> {
  partitionOf(runId);
  const row = foundRun(await repository.find(tenantId, runId), runId);
  if (!isTerminal(row.status)) {
    const message = `Run ${runId} is ${row.status}. Cancel it first, or wait for its end.`;
    throw FailureError.of('resume_refused', message, { field: 'run_id' });
  }
  const events = eventsOf(await repository.entries(runId, 0));
  const started = events.find((event) => event.type === 'run-started');
  if (started) return { row, started, events };
  const message = `Run ${runId} was over before it began: there is nothing to continue. Start a new one.`;
  throw FailureError.of('resume_refused', message, { field: 'run_id' });
}

/** @throws FailureError `resume_refused` when the run needs no resuming */
export function checkResumable({ row }: Origin): void {
  if (row.status !== 'completed') return;
  const message = `Run ${row.id} has completed: there is nothing left of it to do. Rerun it from one of its nodes instead.`;
  throw FailureError.of('resume_refused', message, { field: 'run_id' });
}

/** @throws FailureError `invalid_argument` naming the nodes that have finished, when this one has not */
export function checkFinished({ row, events }: Origin, nodeKey: string): void {
  const finished = new Set(events.flatMap((event) => (hasFinished(event) ? [event.key] : [])));
  if (finished.has(nodeKey)) return;
  const named = [...finished].slice(0, namedNodes).join(', ');
  const more = finished.size > namedNodes ? ` and ${finished.size - namedNodes} more` : '';
  const message = `Run ${row.id} has finished no node "${nodeKey}". Choose one of: ${named}${more}.`;
  throw FailureError.of('invalid_argument', message, { field: 'node' });
}

function hasFinished(event: RunEvent): event is Extract<RunEvent, { type: 'node-completed' | 'node-failed' }> {
  return event.type === 'node-completed' || event.type === 'node-failed';
}
