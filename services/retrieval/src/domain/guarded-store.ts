import { FailureError, failureKind, toFailure } from '@treadle/failure';
import { type IndexRef, VanishedSpace, type VectorQuery, type VectorStore } from './vector-store.js';

export interface GuardedStoreOptions {
  readonly store: VectorStore;
  /** How long a search may take before it counts as a failure. */
  readonly timeoutMs: number;
  /** Failures in a row after which the store is left alone. */
  readonly failures: number;
  /** How often a store that is left alone is asked whether it is back. */
  readonly probeIntervalMs: number;
}

/**
 * Searches of a vector store that never wait long: a search that takes too long fails, and after some failures in a row the store is left
 * alone until a probe, which nobody waits for, finds it back.
 */
export class GuardedStore {
  private failuresInRow = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: GuardedStoreOptions) {}

  get isOpen(): boolean {
    return this.timer !== undefined;
  }

  /** Throws FailureError `unavailable` or `deadline_exceeded`. */
  async search(index: IndexRef, query: VectorQuery) {
    const { store, timeoutMs } = this.options;
    if (this.isOpen) throw FailureError.of('unavailable', `The vector store (${store.name}) does not answer.`);
    try {
      const hits = await within(timeoutMs, (signal) => store.search(index, { ...query, signal }), store.name);
      this.failuresInRow = 0;
      return hits;
    } catch (error) {
      if (failureKind(toFailure(error).code) === 'world' && !(error instanceof VanishedSpace)) this.failed();
      throw error;
    }
  }

  close(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private failed(): void {
    const { store, failures, probeIntervalMs, timeoutMs } = this.options;
    this.failuresInRow += 1;
    if (this.failuresInRow < failures || this.isOpen) return;
    this.timer = setInterval(() => {
      within(timeoutMs, () => store.isReady(), store.name).then(
        (back) => back && this.recovered(),
        () => undefined,
      );
    }, probeIntervalMs).unref();
  }

  private recovered(): void {
    this.failuresInRow = 0;
    this.close();
  }
}

/** Whatever the work does with its signal, the answer comes in time. */
async function within<T>(timeoutMs: number, work: (signal: AbortSignal) => Promise<T>, name: string): Promise<T> {
  const stop = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const tooSlow = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const failure = FailureError.of(
        'deadline_exceeded',
        `The vector store (${name}) did not answer within ${timeoutMs} ms.`,
      );
      reject(failure);
      stop.abort(failure);
    }, timeoutMs);
  });
  try {
    return await Promise.race([work(stop.signal), tooSlow]);
  } finally {
    clearTimeout(timer);
  }
}
