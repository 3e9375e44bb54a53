import { randomUUID } from 'node:crypto';
import { FailureError, toFailure } from '@treadle/failure';
import { namedUuid } from '../named-uuid.js';
import { type EraseEndUser, leaseMs } from './erase-end-user.js';
import type { Erasure, ErasureStore } from './erasure.js';

const lookEveryMs = 5000;
const tryAgainMs = 10_000;

/** Takes wishes to forget somebody, and sees them through: here, or in any replica if this one dies. */
export class ErasureKeeping {
  private timer: NodeJS.Timeout | undefined;
  private working: Promise<void> | undefined;
  private readonly stopping = new AbortController();

  constructor(
    private readonly store: ErasureStore,
    private readonly erasing: EraseEndUser,
    private readonly log: { error(facts: object): void },
  ) {}

  start(): void {
    this.timer = setInterval(() => this.look(), lookEveryMs).unref();
  }

  /** Ends what is under way at its next step; another replica, or the next start, goes on. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.stopping.abort();
    await this.working;
  }

  async begin(tenantId: string, endUser: string, workflowId: string, dryRun: boolean): Promise<Erasure> {
    const subject = namedUuid('erased-user', tenantId, endUser);
    const erasure = await this.store.add({ id: randomUUID(), tenantId, endUser, subject, workflowId, dryRun });
    this.look();
    return erasure;
  }

  /** @throws FailureError `not_found` */
  async get(tenantId: string, id: string): Promise<Erasure> {
    const found = /^[0-9a-f-]{36}$/.test(id) ? await this.store.get(tenantId, id) : undefined;
    if (found) return found;
    throw FailureError.of('not_found', `There is no erasure ${id.slice(0, 100)}.`, { field: 'id' });
  }

  list(tenantId: string, below: number, limit: number): Promise<readonly Erasure[]> {
    return this.store.list(tenantId, below, limit);
  }

  /** Works on what there is, one after the other. */
  private look(): void {
    this.working ??= this.workAll()
      .catch((error: unknown) => {
        // The database being away is told by others; what is under way waits.
        if (toFailure(error).code !== 'unavailable') this.log.error({ err: error });
      })
      .finally(() => {
        this.working = undefined;
      });
  }

  private async workAll(): Promise<void> {
    for (;;) {
      const { signal } = this.stopping;
      const erasure = signal.aborted ? undefined : await this.store.claim(leaseMs);
      if (!erasure) return;
      try {
        await this.erasing.work(erasure, signal);
      } catch (error) {
        if (signal.aborted) return void (await this.store.save(erasure, {}, 0));
        const { code, message } = toFailure(error);
        if (code === 'internal') this.log.error({ err: error });
        await this.store.save(erasure, { error: message }, tryAgainMs);
      }
    }
  }
}
