import { type CancelRunRequest, type CancelRunResponse, cancelRunSubject } from '@treadle/contracts';
import type { MessageBus } from '@treadle/messaging';
import { whose } from '../whose.js';
import type { LiveRuns } from './live-runs.js';
import { foundRun } from './read-run.js';
import type { FindRun } from './run.repository.js';
import { partitionOf } from './run-id.js';
import { runFromRow } from './run-view.js';

/** How long a partition's owner may take to answer, in milliseconds. */
const ownerTimeoutMs = 5000;

/** Cancels a run, here or at its owner. It wins or loses against the run's own end atomically: both are decided by one writer. */
export async function cancelRun(
  runs: LiveRuns,
  repository: FindRun,
  bus: MessageBus,
  request: CancelRunRequest,
): Promise<CancelRunResponse> {
  foundRun(await repository.find(request.tenantId, request.runId, whose(request)), request.runId);
  const partition = partitionOf(request.runId);
  if (runs.fenceOf(partition) === undefined) return bus.request(cancelRunSubject(partition), request, ownerTimeoutMs);
  return cancelOwnRun(runs, repository, request);
}

/** The same for a run of a partition that this replica owns. */
export async function cancelOwnRun(
  runs: LiveRuns,
  repository: FindRun,
  request: CancelRunRequest,
): Promise<CancelRunResponse> {
  const cancelled = await runs.give(request.runId, { type: 'cancel', at: runs.now(), reason: request.reason });
  const row = foundRun(await repository.find(request.tenantId, request.runId), request.runId);
  return { run: runFromRow(row), cancelled };
}
