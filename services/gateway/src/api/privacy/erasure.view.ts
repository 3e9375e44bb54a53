import type { Erasure } from '../../domain/erasure/erasure.js';

/** What belongs to nobody that we know by name. */
const notCovered = [
  'Documents of datasets and what was found in them: they are of no end user.',
  'Files that were uploaded without an end user, and runs that were started without one.',
  'Usage records stay with their counts and costs; which run they were for is forgotten.',
  'The audit log, which keeps ids and no contents of what people do.',
  'Backups of the database and the file store, logs, and what models and tools were sent.',
];

export function erasureView(erasure: Erasure) {
  const { id, subject, endUser, workflowId, dryRun, status, found, left } = erasure;
  return {
    ...{ id, subject, status, dry_run: dryRun },
    end_user: endUser || null,
    workflow_id: workflowId || null,
    found: found ?? null,
    left: left ?? null,
    cancelled_runs: erasure.cancelledRuns,
    not_covered: notCovered,
    error: erasure.error || null,
    created_at: erasure.createdAt.toISOString(),
    finished_at: erasure.finishedAt?.toISOString() ?? null,
  };
}
