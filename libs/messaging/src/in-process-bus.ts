import type { Queue, RequestSubject, Subject } from '@treadle/contracts';
import { FailureError } from '@treadle/failure';
import { type BusLog, silentLog } from './bus-log.js';
import { InProcessBroker, type Listener, type Responder } from './in-process-broker.js';
import type { InProcessConsumer } from './in-process-queue.js';
import type {
  Backlogs,
  ConsumeOptions,
  Delivery,
  MessageBus,
  QueueFamily,
  Subscription,
  Verdict,
} from './message-bus.js';
import { Running } from './running.js';

export interface InProcessBusOptions {
  /** Shared by buses that are to reach each other; its own when absent. */
  readonly broker?: InProcessBroker;
  readonly log?: BusLog;
}

/**
 * The bus of a single process. Messages are passed as they are, so neither side changes one after sending it. Handlers never run
 * inside the sender's stack. `close` is sudden, as a lost connection is: close consumers first to hand back in good order.
 */
export class InProcessBus implements MessageBus {
  readonly #broker: InProcessBroker;
  readonly #log: BusLog;
  readonly #subscriptions = new Set<() => void>();
  readonly #consumers = new Set<InProcessConsumer>();
  readonly #rejectAll = new Set<(error: FailureError) => void>();
  #closed = false;

  constructor(options: InProcessBusOptions = {}) {
    this.#log = options.log ?? silentLog;
    this.#broker = options.broker ?? new InProcessBroker();
  }

  publish<T>(subject: Subject<T>, message: T): void {
    if (this.#closed) return;
    const listeners = this.#broker.listeners.get(subject.name);
    if (listeners === undefined) return;
    this.#broker.defer(() => {
      for (const listener of listeners) this.#tell(listener, subject.name, message);
    });
  }

  async subscribe<T>(subject: Subject<T>, handler: (message: T) => void): Promise<Subscription> {
    // A function of its own, so that the same handler subscribed twice is told twice.
    return this.#register<Listener>(this.#broker.listeners, subject.name, (message) => handler(message as T));
  }

  async request<Q, A>(subject: RequestSubject<Q, A>, question: Q, timeoutMs: number): Promise<A> {
    const responders = this.#broker.responders.get(subject.name);
    if (this.#closed || responders === undefined) throw nobodyListens(subject.name);
    return new Promise<A>((resolve, reject) => {
      const settle = () => {
        clearTimeout(timer);
        this.#rejectAll.delete(fail);
      };
      const fail = (error: FailureError) => {
        settle();
        reject(error);
      };
      const timer = setTimeout(() => fail(nobodyAnswered(subject.name, timeoutMs)), timeoutMs);
      this.#rejectAll.add(fail);
      this.#ask(responders, subject.name, question, (answer) => {
        settle();
        resolve(answer as A);
      });
    });
  }

  async requestAll<Q, A>(subject: RequestSubject<Q, A>, question: Q, timeoutMs: number): Promise<A[]> {
    const responders = this.#broker.responders.get(subject.name);
    if (this.#closed || responders === undefined) return [];
    const answers: A[] = [];
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(answers), timeoutMs);
      this.#ask(
        responders,
        subject.name,
        question,
        (answer) => answers.push(answer as A),
        () => {
          clearTimeout(timer);
          resolve(answers);
        },
      );
    });
  }

  async respond<Q, A>(
    subject: RequestSubject<Q, A>,
    handler: (question: Q) => Promise<A | undefined>,
  ): Promise<Subscription> {
    const running = new Running();
    const responder: Responder = (question) => running.track(() => handler(question as Q));
    const subscription = this.#register(this.#broker.responders, subject.name, responder);
    return {
      close: async () => {
        await subscription.close();
        await running.drained();
      },
    };
  }

  async enqueue<T>(queue: Queue<T>, key: string, message: T): Promise<'queued' | 'held'> {
    if (this.#closed) throw closedBus();
    return this.#broker.queue<T>(queue.prefix, this.#log).enqueue(key, message);
  }

  async consume<T>(
    queue: Queue<T>,
    options: ConsumeOptions,
    handler: (delivery: Delivery<T>) => Promise<Verdict>,
  ): Promise<Subscription> {
    if (this.#closed) throw closedBus();
    const consumer = this.#broker.queue<T>(queue.prefix, this.#log).consume(options, handler);
    this.#consumers.add(consumer);
    return {
      close: async () => {
        await consumer.close();
        this.#consumers.delete(consumer);
      },
    };
  }

  async backlogs({ prefix }: QueueFamily): Promise<Backlogs> {
    if (this.#closed) throw closedBus();
    return this.#broker.backlogs(`${prefix}.`);
  }

  isReady(): boolean {
    return !this.#closed;
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const remove of this.#subscriptions) remove();
    for (const consumer of this.#consumers) consumer.lose();
    for (const reject of [...this.#rejectAll]) reject(closedBus());
  }

  #register<H>(registry: Map<string, Set<H>>, name: string, handler: H): Subscription {
    if (this.#closed) throw closedBus();
    const remove = this.#broker.add(registry, name, handler);
    this.#subscriptions.add(remove);
    return {
      close: async () => {
        remove();
        this.#subscriptions.delete(remove);
      },
    };
  }

  #tell(listener: Listener, name: string, message: unknown): void {
    try {
      listener(message);
    } catch (error) {
      this.#log.error({ err: error, subject: name }, 'A subscriber threw; the message counts as delivered.');
    }
  }

  /** Puts the question to all; who throws or has nothing to say stays silent. */
  #ask(
    responders: ReadonlySet<Responder>,
    name: string,
    question: unknown,
    heard: (answer: unknown) => void,
    allDone?: () => void,
  ): void {
    this.#broker.defer(() => {
      const answers = [...responders].map(async (responder) => {
        try {
          const answer = await responder(question);
          if (answer !== undefined) heard(answer);
        } catch (error) {
          this.#log.error({ err: error, subject: name }, 'A responder threw; the asker gets no answer and asks again.');
        }
      });
      if (allDone) void Promise.all(answers).then(allDone);
    });
  }
}

const nobodyListens = (name: string) =>
  FailureError.of('unavailable', `Nobody listens on ${name} now. Try again in a moment.`);
const nobodyAnswered = (name: string, timeoutMs: number) =>
  FailureError.of('deadline_exceeded', `Nobody answered on ${name} within ${timeoutMs} ms. Try again.`);
const closedBus = () =>
  FailureError.of('unavailable', 'The message bus is closed because the process is shutting down.');
