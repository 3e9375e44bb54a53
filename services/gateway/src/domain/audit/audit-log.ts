import type { AuditNote } from '@treadle/audit';
import type { AuditStore } from './audit-store.js';

interface Waiting {
  readonly note: AuditNote;
  readonly done: (seq: number) => void;
  readonly failed: (error: unknown) => void;
}

/** Most notes of one commit. */
const maxBatch = 200;

/**
 * Adds to the chains. All notes of a tenant that come while a commit is under way go into the next one together, so the chain is locked
 * for one insert at a time, and a busy tenant waits for commits and not for its own queue.
 */
export class AuditLog {
  private readonly waiting = new Map<string, Waiting[]>();

  constructor(private readonly store: AuditStore) {}

  /** Resolves with the number of the entry once it is committed. @throws FailureError `unavailable` */
  append(tenantId: string, note: AuditNote): Promise<number> {
    return new Promise((done, failed) => {
      const waiting = this.waiting.get(tenantId);
      if (waiting) return void waiting.push({ note, done, failed });
      this.waiting.set(tenantId, [{ note, done, failed }]);
      void this.write(tenantId);
    });
  }

  private async write(tenantId: string): Promise<void> {
    for (;;) {
      const batch = this.waiting.get(tenantId)?.splice(0, maxBatch) ?? [];
      if (batch.length === 0) return void this.waiting.delete(tenantId);
      try {
        const numbers = await this.store.append(
          tenantId,
          batch.map(({ note }) => note),
        );
        for (const [at, { done }] of batch.entries()) done(numbers[at] ?? 0);
      } catch (error) {
        for (const { failed } of batch) failed(error);
      }
    }
  }
}
