import type { Queue, RequestSubject, Subject } from '@treadle/contracts';

/** Ends a subscription or a consumer; resolves when the last handler has returned. */
export interface Subscription {
  close(): Promise<void>;
}

/** What a consumer wants done with a message. */
export type Verdict =
  /** It is dealt with; forget it. Until `rest` is over, which does not fail, other work goes on in its place. */
  | { readonly kind: 'done'; readonly rest?: Promise<void> | undefined }
  /** Deliver it again, to anybody, after so many milliseconds. */
  | { readonly kind: 'later'; readonly delayMs: number }
  /** It can never be dealt with (unreadable); drop it. */
  | { readonly kind: 'never'; readonly reason: string };

/** One delivery of a queued message. While its handler runs, the adapter keeps the lease alive. */
export interface Delivery<T> {
  readonly message: T;
  /**
   * Counts from 1; above 1 an earlier holder's lease ran out or it handed the message back. A hint for ordering holders, not a proof:
   * old NATS servers forget to count a message that comes back while nobody asks for one.
   */
  readonly delivery: number;
}

export interface ConsumeOptions {
  /** How many messages the handler may hold at a time. */
  readonly concurrency: number;
  /** A message whose holder is silent for this long goes to somebody else. */
  readonly leaseMs: number;
}

/** The queues of all pools that share a stream. */
export type QueueFamily = Pick<Queue<unknown>, 'stream' | 'prefix'>;

/** How full a pool's queue is. */
export interface Backlog {
  readonly pool: string;
  /** Messages that nobody has taken yet. */
  readonly waiting: number;
  /** Messages that somebody holds, or that wait to be delivered again. */
  readonly held: number;
  /** How long the first of those that wait has waited; 0 where none does. */
  readonly oldestSeconds: number;
}

export interface Backlogs {
  /** Of each pool that somebody has worked on since its queue was made. */
  readonly queues: readonly Backlog[];
  /** Messages of pools that nobody has ever worked on. */
  readonly unserved: number;
}

/**
 * The one way services reach each other without a call. Messages may be lost, repeated or reordered: Postgres is the truth,
 * so no publisher relies on delivery and every handler takes a repeated message. One contract suite runs on every adapter.
 */
export interface MessageBus {
  /** Announces to whoever listens now. Never fails for lack of listeners; never waits. */
  publish<T>(subject: Subject<T>, message: T): void;
  subscribe<T>(subject: Subject<T>, handler: (message: T) => void): Promise<Subscription>;

  /**
   * Asks one listener and waits for its answer.
   * @throws FailureError `unavailable` when nobody listens, `deadline_exceeded` when nobody answers within `timeoutMs`.
   */
  request<Q, A>(subject: RequestSubject<Q, A>, question: Q, timeoutMs: number): Promise<A>;
  /** Asks every listener and returns what was answered within `timeoutMs`, in order of arrival. A listener may stay silent. */
  requestAll<Q, A>(subject: RequestSubject<Q, A>, question: Q, timeoutMs: number): Promise<A[]>;
  /** Answers questions. `undefined` stays silent. A handler that throws is logged and stays silent, so the asker asks again. */
  respond<Q, A>(subject: RequestSubject<Q, A>, handler: (question: Q) => Promise<A | undefined>): Promise<Subscription>;

  /**
   * Puts a message on a queue under a key. While a message with the same key is held there (waiting or leased), it is not put
   * twice: `held` says so. Resolves when the queue has it; rejects with `unavailable` when that is not certain.
   */
  enqueue<T>(queue: Queue<T>, key: string, message: T): Promise<'queued' | 'held'>;
  /**
   * Works on a queue until closed. Closing stops taking, hands back at once what was taken but not begun, and waits for the rest.
   * A handler that throws gets its message delivered again after a second.
   */
  consume<T>(
    queue: Queue<T>,
    options: ConsumeOptions,
    handler: (delivery: Delivery<T>) => Promise<Verdict>,
  ): Promise<Subscription>;

  /** How full queues are; for metrics. Rejects when that cannot be found out now. */
  backlogs(family: QueueFamily): Promise<Backlogs>;

  /** Whether the bus can be used now; for readiness. */
  isReady(): boolean;
  close(): Promise<void>;
}
