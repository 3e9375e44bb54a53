import { LRUCache } from 'lru-cache';
import type { CountedRate } from './rate-limit.js';

/** What a replica wants to use of a count in the near future. */
export interface Want {
  readonly name: string;
  /** Number of the window since 1970. */
  readonly window: number;
  readonly amount: number;
  /** When the window is over, in milliseconds since 1970. */
  readonly endsAtMs: number;
}

/** What all replicas count together. */
export interface LeaseStore {
  /** Adds what is wanted to the counts and gives, in the same order, what they stand at with it. Throws when it is away. */
  take(wants: readonly Want[]): Promise<readonly number[]>;
}

/** What a count says to a request. */
export interface RateVerdict {
  readonly allowed: boolean;
  readonly rate: CountedRate;
  readonly remaining: number;
  readonly resetSeconds: number;
}

/** A replica borrows a fiftieth of a quota at a time, and asks for more when half of that is used. */
const slices = 50;
const longestAskMs = 500;
const awayMs = 1000;
const maxKept = 50_000;

interface Count {
  readonly window: number;
  readonly endsAtMs: number;
  /** What was borrowed and is not used yet. */
  left: number;
  /** What this replica used. */
  used: number;
  /** What all have taken, as far as is known; includes what is left here. */
  taken: number;
  spent: boolean;
  borrowing: Promise<void> | undefined;
}

/**
 * Counts requests against quotas that all replicas share. Each borrows slices of a quota and hands them out from memory, so a request
 * waits only where a slice is the first of its window. While the store is away each replica counts alone: none lets in more than the quota by
 * itself, and none refuses what it may let in.
 */
export class LeasedCounters {
  private readonly counts = new LRUCache<string, Count>({ max: maxKept });
  private readonly asked: { readonly want: Want; readonly told: (taken: number | undefined) => void }[] = [];
  private asking = false;
  private awayUntil = 0;

  constructor(
    private readonly store: LeaseStore,
    private readonly now: () => number,
  ) {}

  /** Counts a request; waits only when nothing is borrowed. */
  take(rate: CountedRate): RateVerdict | Promise<RateVerdict> {
    const count = this.countOf(rate);
    if (count.left === 0 && !count.spent) return this.takeLater(rate, count);
    return this.takeNow(rate, count);
  }

  private async takeLater(rate: CountedRate, count: Count): Promise<RateVerdict> {
    while (count.left === 0 && !count.spent) await this.borrow(rate, count);
    return this.takeNow(rate, count);
  }

  private takeNow(rate: CountedRate, count: Count): RateVerdict {
    const allowed = count.left > 0;
    if (allowed) {
      count.left -= 1;
      count.used += 1;
      if (count.left < sliceOf(rate) / 2 && !count.spent) void this.borrow(rate, count);
    }
    const remaining = Math.max(0, rate.quota - count.taken) + count.left;
    const resetSeconds = Math.max(1, Math.ceil((count.endsAtMs - this.now()) / 1000));
    return { allowed, rate, remaining, resetSeconds };
  }

  private countOf({ name, seconds }: CountedRate): Count {
    const window = Math.floor(this.now() / (seconds * 1000));
    const found = this.counts.get(name);
    if (found?.window === window) return found;
    const endsAtMs = (window + 1) * seconds * 1000;
    const count = { window, endsAtMs, left: 0, used: 0, taken: 0, spent: false, borrowing: undefined };
    this.counts.set(name, count);
    return count;
  }

  private borrow(rate: CountedRate, count: Count): Promise<void> {
    count.borrowing ??= this.ask(rate, count).finally(() => {
      count.borrowing = undefined;
    });
    return count.borrowing;
  }

  private async ask(rate: CountedRate, count: Count): Promise<void> {
    const { window, endsAtMs } = count;
    const amount = sliceOf(rate);
    const taken = await this.fromStore({ name: rate.name, window, endsAtMs, amount });
    // Alone it has all that it did not use itself.
    const free = taken === undefined ? rate.quota - count.used - count.left : rate.quota - (taken - amount);
    const granted = Math.max(0, Math.min(amount, free));
    count.left += granted;
    count.taken = taken ?? Math.max(count.taken, count.used + count.left);
    count.spent = granted < amount;
  }

  /** What the count stands at; `undefined` while the store is away. Whatever is wanted meanwhile goes into one question. */
  private fromStore(want: Want): Promise<number | undefined> {
    if (this.now() < this.awayUntil) return Promise.resolve(undefined);
    return new Promise((told) => {
      this.asked.push({ want, told });
      if (!this.asking) void this.askStore();
    });
  }

  private async askStore(): Promise<void> {
    this.asking = true;
    while (this.asked.length > 0) {
      const batch = this.asked.splice(0);
      const counts = await within(longestAskMs, this.store.take(batch.map(({ want }) => want)));
      if (!counts) this.awayUntil = this.now() + awayMs;
      batch.forEach(({ told }, index) => told(counts?.[index]));
    }
    this.asking = false;
  }
}

function sliceOf({ quota }: CountedRate): number {
  return Math.max(1, Math.ceil(quota / slices));
}

/** `undefined` for work that fails or takes too long. */
async function within<T>(limitMs: number, work: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), limitMs);
  });
  try {
    return await Promise.race([work, late]);
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}
