import type {
  ListRunsRequest,
  ListRunsResponse,
  ReadJournalRequest,
  ReadJournalResponse,
  Run,
} from '@treadle/contracts';
import { isTerminal, type RunStatus } from '@treadle/engine';
import { FailureError } from '@treadle/failure';
import type { Whose } from '../whose.js';
import type { PlanSource } from './plan-source.js';
import type { RunRepository, RunRow } from './run.repository.js';
import { partitionOf } from './run-id.js';
import { runFromHistory, runFromRow } from './run-view.js';

/** A run with its inputs, outputs and nodes. */
export async function readRun(
  repository: RunRepository,
  plans: PlanSource,
  tenantId: string,
  runId: string,
  theirs: Whose = {},
): Promise<Run> {
  partitionOf(runId);
  const row = foundRun(await repository.find(tenantId, runId, theirs), runId);
  const entries = await repository.entries(runId, 0);
  const continuations = await repository.continuations(tenantId, runId);
  return { ...runFromHistory(row, entries, await plans.plan(row)), continuations };
}

/** The journal entries that hold events numbered above `afterSequence`. */
export async function readJournal(
  repository: RunRepository,
  { tenantId, runId, afterSequence, limit }: ReadJournalRequest,
): Promise<ReadJournalResponse> {
  partitionOf(runId);
  // The row first: when it says the run has ended, the entries read after it are all there will ever be.
  const row = foundRun(await repository.find(tenantId, runId), runId);
  const entries = await repository.entries(runId, afterSequence, limit || undefined);
  return {
    ended: isTerminal(row.status),
    entries: entries.map(({ firstSequence, at, eventsJson }) => ({ runId, firstSequence, atUnixMs: at, eventsJson })),
  };
}

export async function listRuns(repository: RunRepository, request: ListRunsRequest): Promise<ListRunsResponse> {
  const limit = Math.min(Math.max(request.limit || 20, 1), 100);
  const filter = {
    tenantId: request.tenantId,
    statuses: request.statuses as RunStatus[],
    limit: limit + 1,
    ...(request.workflowId ? { workflowId: request.workflowId } : {}),
    ...(request.originRunId ? { originRunId: request.originRunId } : {}),
    ...(request.createdFromUnixMs ? { createdFrom: request.createdFromUnixMs } : {}),
    ...(request.createdBeforeUnixMs ? { createdBefore: request.createdBeforeUnixMs } : {}),
    ...(request.cursor ? { before: request.cursor } : {}),
    ...(request.user ? { user: request.user } : {}),
    ...(request.keyword ? { keyword: request.keyword } : {}),
    ...(request.skip ? { skip: request.skip } : {}),
  };
  const rows = await repository.list(filter);
  const page = rows.slice(0, limit);
  const nextCursor = rows.length > limit ? (page.at(-1)?.id ?? '') : '';
  return { runs: page.map(runFromRow), nextCursor, total: request.count ? await repository.count(filter) : 0 };
}

export function foundRun(row: RunRow | undefined, runId: string): RunRow {
  if (row) return row;
  throw FailureError.of('not_found', `There is no run ${runId}.`, { field: 'run_id' });
}
