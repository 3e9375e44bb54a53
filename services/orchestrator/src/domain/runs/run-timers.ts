import type { LiveRuns } from './live-runs.js';
import { partitionCount } from './run-id.js';
import { isPassing, type TaskDispatcher } from './task-dispatcher.js';

export interface RunTimersOptions {
  readonly runs: LiveRuns;
  readonly dispatcher: TaskDispatcher;
  /** A task that nobody was heard to work on for this long is sent again. */
  readonly leaseMs: number;
  readonly onError: (error: unknown) => void;
}

/** Most paused runs that are read from the journal at once. */
const wakeBatch = 100;
/** How many partitions are read again at a time: all of them within half a minute. */
const distrustBatch = Math.ceil(partitionCount / 30);

/**
 * Gives runs the moments they wait for (retries, deadlines) and sends again what got lost. The moments themselves are in the
 * journal, so they survive the process; this only looks at the runs in memory.
 */
export class RunTimers {
  constructor(private readonly options: RunTimersOptions) {}

  /** Wakes every run whose moment has come. Called a few times a second. */
  wakeDue(): void {
    const { runs, onError } = this.options;
    const at = runs.now();
    for (const run of runs.all()) {
      const wakeAt = run.wakeAt();
      if (wakeAt !== undefined && wakeAt <= at) {
        // A run that changed hands meanwhile is woken by its new owner.
        run.give({ type: 'timer', at }).catch((error: unknown) => (isPassing(error) ? undefined : onError(error)));
      }
    }
  }

  /** Sends again tasks without a sign of life, reads again runs that were dropped, wakes paused ones. Called every second. */
  async reconcile(): Promise<void> {
    const { runs, dispatcher, leaseMs } = this.options;
    const heardBefore = runs.now() - leaseMs;
    for (const run of runs.all()) dispatcher.resend(run, heardBefore);
    runs.distrust(distrustBatch);
    await runs.recover();
    while ((await runs.wakeParked(wakeBatch)) === wakeBatch);
  }
}
