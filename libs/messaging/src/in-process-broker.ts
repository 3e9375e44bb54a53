import type { BusLog } from './bus-log.js';
import { InProcessQueue } from './in-process-queue.js';
import type { Backlog, Backlogs } from './message-bus.js';

export type Listener = (message: unknown) => void;
export type Responder = (question: unknown) => Promise<unknown>;

/** What the buses of one process share: who listens where, and the queues. */
export class InProcessBroker {
  readonly listeners = new Map<string, Set<Listener>>();
  readonly responders = new Map<string, Set<Responder>>();
  readonly #queues = new Map<string, InProcessQueue<unknown>>();
  #jobs: (() => void)[] = [];

  /** The queue with this prefix; one prefix always carries one type. */
  queue<T>(prefix: string, log: BusLog): InProcessQueue<T> {
    let queue = this.#queues.get(prefix);
    if (queue === undefined) {
      queue = new InProcessQueue((job) => this.defer(job), log);
      this.#queues.set(prefix, queue);
    }
    return queue as InProcessQueue<T>;
  }

  /** How full the queues are whose prefix begins so; what follows it is the pool. */
  backlogs(prefix: string): Backlogs {
    const queues: Backlog[] = [];
    let unserved = 0;
    for (const [name, queue] of this.#queues) {
      if (!name.startsWith(prefix)) continue;
      const { served, ...load } = queue.load();
      if (served) queues.push({ pool: name.slice(prefix.length), ...load });
      else unserved += load.waiting;
    }
    return { queues, unserved };
  }

  /** Adds a handler under a name and returns how to remove it. A name without handlers is not kept. */
  add<H>(registry: Map<string, Set<H>>, name: string, handler: H): () => void {
    const handlers = registry.get(name) ?? new Set<H>();
    registry.set(name, handlers);
    handlers.add(handler);
    return () => {
      handlers.delete(handler);
      if (handlers.size === 0 && registry.get(name) === handlers) registry.delete(name);
    };
  }

  /** Runs jobs in order, all that have gathered in one turn of the event loop together. */
  defer(job: () => void): void {
    if (this.#jobs.push(job) === 1) setImmediate(() => this.#flush());
  }

  #flush(): void {
    const jobs = this.#jobs;
    this.#jobs = [];
    for (const job of jobs) job();
  }
}
