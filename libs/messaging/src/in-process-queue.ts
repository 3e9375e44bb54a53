import { type BusLog, throwDelayMs } from './bus-log.js';
import type { Backlog, ConsumeOptions, Delivery, Subscription, Verdict } from './message-bus.js';

interface Held<T> {
  readonly key: string;
  readonly message: T;
  deliveries: number;
  /** When it was put, in milliseconds of the process's clock. */
  readonly since: number;
}

type Handler<T> = (delivery: Delivery<T>) => Promise<Verdict>;

/** One consumer's share of the queue: what its handler works on now. */
interface Worker<T> {
  readonly options: ConsumeOptions;
  readonly handler: Handler<T>;
  readonly running: Set<Held<T>>;
  /** Places whose messages are dealt with, where work goes on. */
  resting: number;
  /** Gone without a word: its verdicts count no more. */
  lost: boolean;
  /** Called when nothing runs any more; set while closing. */
  idle?: () => void;
}

function busy<T>({ running, resting }: Worker<T>): number {
  return running.size + resting;
}

/** A consumer whose end may also be sudden. */
export interface InProcessConsumer extends Subscription {
  /** As if its process had died: what it holds is delivered again when the lease has run out. */
  lose(): void;
}

/**
 * The messages of one queue. Nothing is prefetched: a message is taken the moment its handler begins. A living consumer in the
 * same process is never silent, so leases need no clock until their holder is lost.
 */
export class InProcessQueue<T> {
  readonly #held = new Map<string, Held<T>>();
  readonly #workers: Worker<T>[] = [];
  #waiting: Held<T>[] = [];
  /** Index of the first message in `#waiting` that is still there; a shift per message would move the whole array. */
  #head = 0;
  #nextWorker = 0;
  #scheduled = false;
  #served = false;

  /** `defer` runs a job after the caller's stack has unwound. */
  constructor(
    private readonly defer: (job: () => void) => void,
    private readonly log: BusLog,
  ) {}

  enqueue(key: string, message: T): 'queued' | 'held' {
    if (this.#held.has(key)) return 'held';
    const held = { key, message, deliveries: 0, since: performance.now() };
    this.#held.set(key, held);
    this.#append(held);
    return 'queued';
  }

  consume(options: ConsumeOptions, handler: Handler<T>): InProcessConsumer {
    const worker: Worker<T> = { options, handler, running: new Set(), resting: 0, lost: false };
    this.#workers.push(worker);
    this.#served = true;
    this.#schedule();
    return { close: () => this.#close(worker), lose: () => this.#lose(worker) };
  }

  /** How full it is; `served` when somebody has ever worked on it. */
  load(): Omit<Backlog, 'pool'> & { readonly served: boolean } {
    const waiting = this.#waiting.length - this.#head;
    const first = this.#waiting[this.#head];
    const oldestSeconds = first ? (performance.now() - first.since) / 1000 : 0;
    return { waiting, held: this.#held.size - waiting, oldestSeconds, served: this.#served };
  }

  #close(worker: Worker<T>): Promise<void> {
    this.#forget(worker);
    if (busy(worker) === 0) return Promise.resolve();
    return new Promise((resolve) => {
      worker.idle = resolve;
    });
  }

  #lose(worker: Worker<T>): void {
    this.#forget(worker);
    worker.lost = true;
    const held = [...worker.running];
    worker.running.clear();
    worker.idle?.();
    if (held.length > 0) this.#after(worker.options.leaseMs, held);
  }

  #forget(worker: Worker<T>): void {
    const index = this.#workers.indexOf(worker);
    if (index >= 0) this.#workers.splice(index, 1);
  }

  #append(held: Held<T>): void {
    this.#waiting.push(held);
    this.#schedule();
  }

  #after(delayMs: number, held: readonly Held<T>[]): void {
    setTimeout(() => held.forEach((each) => this.#append(each)), delayMs).unref();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.defer(() => this.#dispatch());
  }

  #dispatch(): void {
    this.#scheduled = false;
    while (this.#head < this.#waiting.length) {
      const worker = this.#freeWorker();
      if (worker === undefined) break;
      const held = this.#waiting[this.#head++];
      if (held !== undefined) void this.#deliver(worker, held);
    }
    this.#compact();
  }

  /** The next consumer with room, in turns. */
  #freeWorker(): Worker<T> | undefined {
    for (let tried = 0; tried < this.#workers.length; tried++) {
      const worker = this.#workers[this.#nextWorker++ % this.#workers.length];
      if (worker !== undefined && busy(worker) < worker.options.concurrency) return worker;
    }
    return undefined;
  }

  #compact(): void {
    if (this.#head < 1024 && this.#head < this.#waiting.length) return;
    this.#waiting = this.#waiting.slice(this.#head);
    this.#head = 0;
  }

  async #deliver(worker: Worker<T>, held: Held<T>): Promise<void> {
    worker.running.add(held);
    held.deliveries++;
    let verdict: Verdict;
    try {
      verdict = await worker.handler({ message: held.message, delivery: held.deliveries });
    } catch (error) {
      this.log.error(
        { err: error, key: held.key },
        'A queue handler threw; its message is delivered again in a second.',
      );
      verdict = { kind: 'later', delayMs: throwDelayMs };
    }
    if (worker.lost) return;
    worker.running.delete(held);
    this.#settle(held, verdict);
    if (verdict.kind === 'done' && verdict.rest) {
      worker.resting++;
      await verdict.rest;
      worker.resting--;
    }
    if (busy(worker) === 0) worker.idle?.();
    if (this.#head < this.#waiting.length) this.#schedule();
  }

  #settle(held: Held<T>, verdict: Verdict): void {
    if (verdict.kind === 'later') this.#putBack(held, verdict.delayMs);
    else this.#held.delete(held.key);
    if (verdict.kind === 'never') {
      this.log.warn(
        { key: held.key, reason: verdict.reason },
        'A message was dropped because it can never be handled.',
      );
    }
  }

  #putBack(held: Held<T>, delayMs: number): void {
    if (delayMs <= 0) this.#append(held);
    else this.#after(delayMs, [held]);
  }
}
