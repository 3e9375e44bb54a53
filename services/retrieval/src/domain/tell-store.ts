import { failureKind, toFailure } from '@treadle/failure';
import type { StoreDebts } from './upkeep-ports.js';
import type { IndexRef, VectorStore } from './vector-store.js';

/** How long a change and telling the store of it may take before it counts as given up. */
const leaseMs = 120_000;

export interface TellStoreParts {
  readonly store: VectorStore;
  readonly debts: StoreDebts;
  /** Says that something is owed. */
  readonly nudge: () => void;
}

/** Changes that a store has to be told: a debt is written first and removed when the store has confirmed, so that no change is lost to it. */
export class TellStore {
  constructor(private readonly parts: TellStoreParts) {}

  /**
   * Commits a change of a document and tells the store of it. Where the store is away, or slow, the change counts all the same: what it
   * missed is mended in the background. Meanwhile it may hold too much, which is never shown, or miss something.
   */
  async afterwards<T>(
    indexes: readonly IndexRef[],
    documentId: string,
    change: () => Promise<T>,
    tell: (changed: T) => Promise<void>,
  ): Promise<T> {
    const held = await this.hold(indexes, documentId);
    const changed = await this.changed(held, change);
    try {
      await tell(changed);
    } catch (error) {
      if (failureKind(toFailure(error).code) !== 'world') throw error;
      await held.release();
      return changed;
    }
    await held.settle();
    return changed;
  }

  /** A change that was refused was not made; after any other failure nobody knows. */
  private async changed<T>(held: HeldDebts, change: () => Promise<T>): Promise<T> {
    try {
      return await change();
    } catch (error) {
      await (failureKind(toFailure(error).code) === 'caller' ? held.settle() : held.release()).catch(() => undefined);
      throw error;
    }
  }

  /** Says that the store is about to be told of a document. Whoever never settles it, or is late, has it mended by others. */
  async hold(indexes: readonly IndexRef[], documentId: string): Promise<HeldDebts> {
    const { store, debts, nudge } = this.parts;
    const told = store.isTold ? indexes : [];
    const ids = await Promise.all(told.map((index) => debts.owe(index, documentId, leaseMs)));
    return {
      renew: async () => {
        for (const id of ids) await debts.renew(id, leaseMs);
      },
      release: async () => {
        for (const index of told) await debts.owe(index, documentId, 0);
        await debts.settle(ids);
        nudge();
      },
      settle: async () => {
        if (ids.length === 0 || (await debts.settle(ids))) return;
        // Mended before the change was there, or told to a copy that is being replaced.
        for (const index of told) await debts.owe(index, documentId, 0);
        nudge();
      },
    };
  }
}

export interface HeldDebts {
  /** Says that telling goes on. */
  readonly renew: () => Promise<void>;
  /** Leaves it to others, now. */
  readonly release: () => Promise<void>;
  /** The store knows. */
  readonly settle: () => Promise<void>;
}
