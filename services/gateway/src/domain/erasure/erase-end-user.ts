import type { Erasures, RunData } from '../ports.js';
import type { Erasure, ErasureStore, Found } from './erasure.js';

/** How many runs are asked for at once. */
const batch = 100;
/** Longer than any step takes. What dies is taken up again after it. */
export const leaseMs = 60_000;

export interface ErasurePorts {
  readonly store: ErasureStore;
  readonly erasures: Erasures;
  /** Of the services that keep something of runs that are not theirs. */
  readonly runData: readonly RunData[];
}

/** Whose runs: an end user's, or these and what continues them. */
type Which = { readonly user: string; readonly workflowId: string; readonly runIds: readonly string[] };

/**
 * Does what an erasure asks. Every step deletes for good and may be repeated: what is found by something is deleted before that, so that
 * after a crash everything that is left is found again.
 */
export class EraseEndUser {
  constructor(private readonly ports: ErasurePorts) {}

  /** From wherever it is to its end. @throws whatever a service throws, or the signal's reason; then it is to be taken up again. */
  async work(erasure: Erasure, signal: AbortSignal): Promise<void> {
    const { store } = this.ports;
    const found = erasure.found ?? (await this.survey(erasure));
    let job = await store.save(erasure, { found }, leaseMs);
    if (job.dryRun) return void (await store.save(job, { status: 'completed' }, 0));
    for (let ids = await this.runs(job); ids.length > 0; ids = await this.runs(job)) {
      signal.throwIfAborted();
      const cancelled = await this.eraseRuns(job.tenantId, ids);
      job = await store.save(job, { cancelledRuns: job.cancelledRuns + cancelled }, leaseMs);
    }
    for (let more = true; more; await store.save(job, {}, leaseMs))
      more = (await this.ports.erasures.eraseUser(requestOf(job))).more;
    await store.removeEndUsers(job);
    const left = await this.survey(job);
    // Whoever is still using an app has left something new by now.
    if (Object.values(left).some((count) => count > 0)) return this.work(job, signal);
    await store.save(job, { left, error: '', status: 'completed' }, 0);
  }

  private runs(job: Erasure, skip = 0): Promise<readonly string[]> {
    return this.list(job.tenantId, { ...requestOf(job), runIds: [] }, skip);
  }

  private async list(tenantId: string, which: Which, skip = 0): Promise<readonly string[]> {
    const { runIds } = await this.ports.erasures.listUserRuns({
      ...which,
      ...{ tenantId, skip, limit: batch, runIds: [...which.runIds] },
    });
    return runIds;
  }

  /** Those that they have started first: these are found by what is kept of their callers. @returns how many were under way. */
  private async eraseRuns(tenantId: string, ids: readonly string[]): Promise<number> {
    const { erasures, runData } = this.ports;
    let cancelled = 0;
    for (const some of batches(await this.started(tenantId, ids))) cancelled += await this.eraseRuns(tenantId, some);
    const request = { tenantId, runIds: [...ids] };
    for (const one of runData) await one.eraseRunData(request);
    return cancelled + (await erasures.eraseRuns(request)).cancelled;
  }

  /** The runs that these have started by calling workflows as tools, and what continues them; also those whose rows are gone already. */
  private async started(tenantId: string, ids: readonly string[]): Promise<readonly string[]> {
    const asked = this.ports.runData.map((one) => one.findRunData({ tenantId, runIds: [...ids] }));
    const children = (await Promise.all(asked)).flatMap(({ childRunIds }) => childRunIds);
    const known = new Set<string>();
    for (const runIds of batches(children)) {
      const which = { user: '', workflowId: '', runIds };
      for (let skip = 0, some: readonly string[]; ; skip += batch) {
        some = await this.list(tenantId, which, skip);
        for (const id of some) known.add(id);
        if (some.length < batch) break;
      }
    }
    return [...new Set([...known, ...children])];
  }

  private async survey(job: Erasure): Promise<Found> {
    const { erasures, store } = this.ports;
    const { found } = await erasures.surveyUser(requestOf(job));
    const sums = new Map(Object.entries({ ...found, end_users: await store.countEndUsers(job) }));
    for (let skip = 0; ; skip += batch) {
      const ids = await this.runs(job, skip);
      await this.count(job.tenantId, ids, sums);
      if (ids.length < batch) return Object.fromEntries([...sums].sort());
    }
  }

  private async count(tenantId: string, ids: readonly string[], sums: Map<string, number>): Promise<void> {
    if (ids.length === 0) return;
    const add = (kind: string, count: number) => sums.set(kind, (sums.get(kind) ?? 0) + count);
    for (const one of this.ports.runData) {
      const { found } = await one.findRunData({ tenantId, runIds: [...ids] });
      for (const [kind, count] of Object.entries(found)) add(kind, count);
    }
    for (const some of batches(await this.started(tenantId, ids))) {
      add('called_runs', some.length);
      await this.count(tenantId, some, sums);
    }
  }
}

const requestOf = ({ tenantId, endUser, workflowId }: Erasure) => ({ tenantId, user: endUser, workflowId });

function batches(ids: readonly string[]): (readonly string[])[] {
  return Array.from({ length: Math.ceil(ids.length / batch) }, (_, at) => ids.slice(at * batch, (at + 1) * batch));
}
