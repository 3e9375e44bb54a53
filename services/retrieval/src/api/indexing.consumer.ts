import { indexingQueue } from '@treadle/contracts';
import { toFailure } from '@treadle/failure';
import type { MessageBus, Subscription } from '@treadle/messaging';
import type { IndexDocument } from '../domain/index-document.js';
import type { IndexWork } from '../domain/index-work.js';

export interface IndexingOptions {
  readonly bus: MessageBus;
  readonly work: IndexWork;
  readonly indexDocument: IndexDocument;
  readonly concurrency: number;
  readonly leaseMs: number;
  readonly pollMs: number;
  /** Whether this process indexes; each process puts what is outstanding on the queue. */
  readonly isIndexer: boolean;
  readonly log: { error(facts: object, message: string): void };
}

/** Puts on the queue at a time. */
const mostQueued = 200;

/**
 * Brings outstanding documents to indexers. PostgreSQL knows what is outstanding and whose turn it is; the queue only spreads the work over the
 * processes: a message stands for one piece of it, whichever that is when its time comes.
 */
export class IndexingConsumer {
  private readonly stopping = new AbortController();
  private subscription: Subscription | undefined;
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> | undefined;

  constructor(private readonly options: IndexingOptions) {}

  async start(): Promise<void> {
    const { bus, concurrency, leaseMs, pollMs, isIndexer, indexDocument } = this.options;
    if (isIndexer)
      this.subscription = await bus.consume(indexingQueue, { concurrency, leaseMs }, async () => {
        await indexDocument.next(this.stopping.signal);
        return { kind: 'done' };
      });
    this.timer = setInterval(() => this.nudge(), pollMs).unref();
    this.nudge();
  }

  /** Looks for work now rather than at the next moment for it. */
  readonly nudge = (): void => {
    if (this.timer === undefined || this.stopping.signal.aborted) return;
    this.looking ??= this.look().finally(() => {
      this.looking = undefined;
    });
  };

  async stop(): Promise<void> {
    this.stopping.abort();
    clearInterval(this.timer);
    await this.subscription?.close();
    await this.looking;
  }

  private async look(): Promise<void> {
    const { bus, work, log, isIndexer, indexDocument } = this.options;
    try {
      if (isIndexer) await indexDocument.switchOverReady();
      for (const task of await work.due(mostQueued))
        await bus.enqueue(indexingQueue, `${task.indexId}.${task.documentId}`, task);
    } catch (error) {
      if (!toFailure(error).retryable) log.error({ err: error }, 'outstanding documents cannot be looked for');
    }
  }
}
