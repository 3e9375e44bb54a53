import type { Queue, RequestSubject, Subject } from '@treadle/contracts';
import { FailureError } from '@treadle/failure';
import type { Backlogs, ConsumeOptions, Delivery, MessageBus, Subscription, Verdict } from '@treadle/messaging';
import type { Host } from './host.js';
import type { Network } from './network.js';

/** How long a queue may take to confirm, in milliseconds. */
const enqueueTimeoutMs = 5000;

interface Question {
  readonly asker: Host;
  readonly question: unknown;
  readonly answer: (answer: unknown) => void;
}

/** Sees everything that is handed to the bus, before anything happens to it on the way. */
export interface BusWitness {
  published(message: unknown): void;
  enqueued(message: unknown): void;
  /** A responder threw. */
  responderThrew(error: unknown): void;
}

/** One host's connection to the bus. */
export class SimulatedBus implements MessageBus {
  constructor(
    private readonly network: Network,
    private readonly host: Host,
    private readonly witness: BusWitness,
  ) {}

  publish<T>(subject: Subject<T>, message: T): void {
    this.witness.published(message);
    for (const { host, hear } of this.network.listeners(subject.name)) {
      this.network.carry(host, subject.name, () => hear(message));
    }
  }

  async subscribe<T>(subject: Subject<T>, handler: (message: T) => void): Promise<Subscription> {
    return this.listen(subject.name, (message) => handler(message as T));
  }

  request<Q, A>(subject: RequestSubject<Q, A>, question: Q, timeoutMs: number): Promise<A> {
    const { name } = subject;
    const listeners = this.network.listeners(name);
    if (listeners.length === 0) return Promise.reject(away(`Nobody listens on ${name}.`));
    const late = () => FailureError.of('deadline_exceeded', `Nobody answered on ${name}.`);
    return this.host.within(timeoutMs, late, (resolve) => {
      // Everybody who listens hears it; the first answer counts.
      const asked: Question = { asker: this.host, question, answer: (answer) => resolve(answer as A) };
      for (const { host, hear } of listeners) this.network.carry(host, name, () => hear(asked));
    });
  }

  async requestAll<Q, A>(subject: RequestSubject<Q, A>, question: Q, timeoutMs: number): Promise<A[]> {
    const answers: A[] = [];
    const asked: Question = { asker: this.host, question, answer: (answer) => void answers.push(answer as A) };
    for (const { host, hear } of this.network.listeners(subject.name)) {
      this.network.carry(host, subject.name, () => hear(asked));
    }
    await this.host.pause(timeoutMs);
    return answers;
  }

  async respond<Q, A>(
    subject: RequestSubject<Q, A>,
    handler: (question: Q) => Promise<A | undefined>,
  ): Promise<Subscription> {
    return this.listen(subject.name, (message) => void this.respondTo(message as Question, subject.name, handler));
  }

  enqueue<T>(queue: Queue<T>, key: string, message: T): Promise<'queued' | 'held'> {
    this.witness.enqueued(message);
    const late = () => away('The queue did not confirm in time.');
    return this.host.within(enqueueTimeoutMs, late, (resolve) => {
      this.network.carryToBroker(`enqueue ${key}`, () => {
        const outcome = this.network.queue(queue).enqueue(key, message);
        this.network.carry(this.host, `${outcome} ${key}`, () => resolve(outcome));
      });
    });
  }

  async consume<T>(
    queue: Queue<T>,
    options: ConsumeOptions,
    handler: (delivery: Delivery<T>) => Promise<Verdict>,
  ): Promise<Subscription> {
    const take = (delivery: Delivery<unknown>) => handler(delivery as Delivery<T>);
    return this.network.queue(queue).consume(this.host, options, take);
  }

  /** No metrics are read here. */
  backlogs(): Promise<Backlogs> {
    return Promise.reject(away('Nobody counts what is queued here.'));
  }

  isReady(): boolean {
    return this.host.alive;
  }

  async close(): Promise<void> {
    this.host.crash();
  }

  private listen(name: string, hear: (message: unknown) => void): Subscription {
    const remove = this.network.listen(name, { host: this.host, hear });
    return { close: async () => void remove() };
  }

  private async respondTo<Q, A>(
    { asker, question, answer }: Question,
    name: string,
    handler: (question: Q) => Promise<A | undefined>,
  ): Promise<void> {
    try {
      const said = await handler(question as Q);
      if (said !== undefined) this.network.carry(asker, `answer on ${name}`, () => answer(said));
    } catch (error) {
      this.witness.responderThrew(error);
    }
  }
}

function away(message: string): FailureError {
  return FailureError.of('unavailable', message);
}
