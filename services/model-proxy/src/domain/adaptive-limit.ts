import { FailureError } from '@treadle/failure';

/** How a call went, as far as it says something about the target's load. */
export type LoadSign = { readonly firstTokenMs: number } | 'overloaded' | 'none';

export interface Slot {
  /** Gives the place to the next in the queue. */
  release(sign: LoadSign): void;
}

export interface AdaptiveLimitOptions {
  /** Calls at once before anything is known. */
  readonly initial: number;
  readonly most: number;
  /** Calls that may wait. */
  readonly queue: number;
  /** How long one may wait, in milliseconds. */
  readonly queueMs: number;
}

interface Waiter {
  start(): void;
  refuse(error: Error): void;
}

/** An answer this much slower than the best, and by this many milliseconds, is a sign that the target has too much to do. */
const slowFactor = 4;
const slowMs = 1_000;

/**
 * Calls at once on one target. The limit grows by one with every good answer until the target shows that it is too much (a 429, or
 * first tokens that come far later than the best); then it shrinks by a third, and grows by one a round from there.
 */
export class AdaptiveLimit {
  private limit: number;
  private running = 0;
  private slowStart = true;
  private shrunkAt = 0;
  private bestFirstTokenMs = Number.POSITIVE_INFINITY;
  private readonly waiters = new Set<Waiter>();

  constructor(
    private readonly name: string,
    private readonly options: AdaptiveLimitOptions,
  ) {
    this.limit = options.initial;
  }

  /** What is known now; for specs and metrics. */
  get state(): { readonly limit: number; readonly running: number; readonly waiting: number } {
    return { limit: Math.floor(this.limit), running: this.running, waiting: this.waiters.size };
  }

  /** A place that is free now; undefined for none. */
  take(): Slot | undefined {
    if (this.running >= Math.floor(this.limit)) return undefined;
    this.running += 1;
    return this.slot(performance.now());
  }

  /** Waits for a place. Throws `provider_rate_limited` when too many wait or it took too long, and what the signal was aborted with. */
  async acquire(signal: AbortSignal): Promise<Slot> {
    const free = this.take();
    if (free) return free;
    await this.wait(signal);
    this.running += 1;
    return this.slot(performance.now());
  }

  /** Sends everybody who waits elsewhere. */
  flush(error: Error): void {
    for (const waiter of [...this.waiters]) waiter.refuse(error);
  }

  private slot(startedAt: number): Slot {
    let held = true;
    return {
      release: (sign) => {
        if (!held) return;
        held = false;
        this.learn(sign, startedAt);
        this.running -= 1;
        this.next();
      },
    };
  }

  private next(): void {
    let free = Math.floor(this.limit) - this.running;
    for (const waiter of this.waiters) {
      if (free <= 0) return;
      free -= 1;
      this.waiters.delete(waiter);
      waiter.start();
    }
  }

  private async wait(signal: AbortSignal): Promise<void> {
    if (this.waiters.size >= this.options.queue) throw this.full(`already ${this.waiters.size} calls wait for it`);
    signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const refuse = (error: Error) => {
        this.waiters.delete(waiter);
        settle(() => reject(error));
      };
      const settle = (how: () => void) => {
        clearTimeout(timer);
        signal.removeEventListener('abort', gone);
        how();
      };
      const gone = () => refuse(signal.reason as Error);
      const waiter: Waiter = { start: () => settle(resolve), refuse };
      const tooLong = () => refuse(this.full(`the call waited ${this.options.queueMs / 1_000} s for its turn`));
      const timer = setTimeout(tooLong, this.options.queueMs);
      signal.addEventListener('abort', gone, { once: true });
      this.waiters.add(waiter);
    });
  }

  private full(why: string): FailureError {
    const message = `The model ${this.name} has too much to do: ${why}. Try again later.`;
    return FailureError.of('provider_rate_limited', message, { retryAfterSeconds: 1 });
  }

  private learn(sign: LoadSign, startedAt: number): void {
    if (sign === 'none') return;
    if (sign === 'overloaded' || this.isSlow(sign.firstTokenMs)) return this.shrink(startedAt);
    // Only a limit that is used can be too low.
    if (this.running * 2 < this.limit) return;
    const step = this.slowStart ? 1 : 1 / this.limit;
    this.limit = Math.min(this.options.most, this.limit + step);
  }

  /** The best is forgotten slowly, so that a target which became slower for good is not held down for ever. */
  private isSlow(firstTokenMs: number): boolean {
    this.bestFirstTokenMs = Math.min(firstTokenMs, this.bestFirstTokenMs * 1.01);
    return firstTokenMs > this.bestFirstTokenMs * slowFactor && firstTokenMs > this.bestFirstTokenMs + slowMs;
  }

  /** Calls that began before the last shrinking say nothing about the limit as it is now. */
  private shrink(startedAt: number): void {
    if (startedAt < this.shrunkAt) return;
    this.shrunkAt = performance.now();
    this.slowStart = false;
    this.limit = Math.max(1, this.limit * 0.7);
  }
}
