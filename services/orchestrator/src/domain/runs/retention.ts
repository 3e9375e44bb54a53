/**
 * Deletes what nobody needs any more, a batch at a time and without waiting for anybody: of one tenant, or of all while none has
 * said for itself how long runs are kept. Moments are in milliseconds since the epoch.
 */
export interface Retention {
  /** Start keys of runs that ended before that moment. Gives their number. */
  removeStartKeys(endedBefore: number, limit: number, tenantId?: string): Promise<number>;
  /** Runs that ended before that moment and that no other one continues, with their journal and their approvals. Gives those it has removed. */
  removeRuns(endedBefore: number, limit: number, tenantId?: string): Promise<RemovedRun[]>;
}

export interface RemovedRun {
  readonly tenantId: string;
  readonly runId: string;
}

/** Deletes the large values of a run. */
export type DeleteValues = (run: RemovedRun) => Promise<void>;

export interface RetentionTimes {
  /** How long after its end a run is kept, in days; 0 keeps it. */
  readonly runRetentionDays: number;
  /** How long after the end of its run a start key is kept, in hours. */
  readonly startKeyHours: number;
}

const hourMs = 3_600_000;

/** Small enough that a batch holds its locks for milliseconds. */
const batch = 200;

/** Deletes one batch of each kind. Called every few seconds by every replica. A key never outlives its run. */
export async function sweep(
  retention: Retention,
  times: RetentionTimes,
  now: number,
  deleteValues: DeleteValues,
): Promise<void> {
  const runHours = times.runRetentionDays * 24;
  const keyHours = runHours === 0 ? times.startKeyHours : Math.min(times.startKeyHours, runHours);
  await retention.removeStartKeys(now - keyHours * hourMs, batch);
  if (runHours === 0) return;
  const removed = await retention.removeRuns(now - runHours * hourMs, batch);
  await Promise.all(removed.map(deleteValues));
}
