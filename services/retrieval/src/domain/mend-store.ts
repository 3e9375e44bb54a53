import { failureKind, toFailure } from '@treadle/failure';
import type { StoreCopy } from './store-copy.js';
import type { Debt, StoreDebts } from './upkeep-ports.js';

export interface MendStoreParts {
  readonly copy: StoreCopy;
  readonly debts: StoreDebts;
  readonly log: { warn(facts: object, message: string): void; error(facts: object, message: string): void };
}

const debtsAtOnce = 50;
const leaseMs = 120_000;
const firstDelayMs = 1000;
const longestDelayMs = 60_000;

/** Brings to the store what it missed. */
export class MendStore {
  private isAway = false;

  constructor(private readonly parts: MendStoreParts) {}

  /** Ends with the first debt that the store does not take; a store that is away is only asked whether it is back. */
  async mend(stop: AbortSignal): Promise<void> {
    const { copy, debts } = this.parts;
    if (this.isAway && !(await copy.store.isReady())) return;
    this.isAway = false;
    for (let taken = debtsAtOnce; taken === debtsAtOnce && !this.isAway && !stop.aborted; ) {
      const due = await debts.take(debtsAtOnce, leaseMs);
      taken = due.reduce((sum, { ids }) => sum + ids.length, 0);
      for (const debt of due) {
        if (this.isAway || stop.aborted) await debts.postpone(debt.ids, firstDelayMs);
        else await this.mendOne(debt);
      }
    }
  }

  private async mendOne(debt: Debt): Promise<void> {
    const { copy, debts, log } = this.parts;
    const { ids, attempts, index, documentId } = debt;
    try {
      await this.pay(debt);
      await debts.settle(ids);
    } catch (error) {
      const { code, message } = toFailure(error);
      const facts = { indexId: index.indexId, documentId, code };
      if (failureKind(code) === 'world') log.warn({ ...facts, reason: message }, 'the vector store is still behind');
      else log.error({ ...facts, err: error }, 'mending the vector store met a bug');
      this.isAway = !(await copy.store.isReady());
      await debts.postpone(ids, Math.min(longestDelayMs, firstDelayMs * 2 ** Math.min(attempts - 1, 10)));
    }
  }

  private async pay({ index, documentId }: Debt): Promise<void> {
    const { store, truth } = this.parts.copy;
    const current = await truth.index(index.indexId);
    if (current) return this.parts.copy.bringAll(current, documentId);
    await store.remove(index, documentId === undefined ? { all: true } : { documentIds: [documentId] });
  }
}
