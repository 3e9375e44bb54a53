import type { Queue } from '@treadle/contracts';
import { FailureError } from '@treadle/failure';
import type { Dice } from './dice.js';
import type { Faults } from './faults.js';
import type { Host } from './host.js';
import type { Scheduler } from './scheduler.js';
import { TaskQueue } from './task-queue.js';
import type { Trace } from './trace.js';

export interface NetworkParts {
  readonly scheduler: Scheduler;
  readonly dice: Dice;
  readonly faults: Faults;
  readonly trace: Trace;
}

/** Somebody on the bus who hears what is sent to a subject. */
export interface Endpoint {
  readonly host: Host;
  readonly hear: (message: unknown) => void;
}

/** What lies between processes. It loses, repeats, delays and so reorders whatever it carries. */
export class Network {
  readonly scheduler: Scheduler;
  readonly dice: Dice;
  private readonly endpoints = new Map<string, Set<Endpoint>>();
  private readonly queues = new Map<string, TaskQueue>();

  constructor(private readonly parts: NetworkParts) {
    this.scheduler = parts.scheduler;
    this.dice = parts.dice;
  }

  /** Carries something to a host. `what` is for the trace. */
  carry(to: Host, what: string, deliver: () => void): void {
    this.send(`${what} to ${to.name}`, (delayMs, name) => {
      to.after(delayMs, () => {
        this.parts.trace.note(name);
        deliver();
      });
    });
  }

  /** Carries something to the broker, which never fails. */
  carryToBroker(what: string, deliver: () => void): void {
    this.send(`${what} to the broker`, (delayMs) => this.scheduler.after(delayMs, deliver));
  }

  /**
   * Has another host do something and brings back what came of it, error or not.
   * @throws FailureError `deadline_exceeded` when no answer has come within `timeoutMs`
   */
  call<Answer>(from: Host, to: Host, what: string, timeoutMs: number, work: () => Promise<Answer>): Promise<Answer> {
    const late = () => FailureError.of('deadline_exceeded', `No answer from ${to.name}: ${what}`);
    return from.within(timeoutMs, late, (resolve, reject) => {
      this.carry(to, what, () => {
        work().then(
          (answer) => this.carry(from, `answer to ${what}`, () => resolve(answer)),
          (error: unknown) => this.carry(from, `error upon ${what}`, () => reject(error)),
        );
      });
    });
  }

  /** Who listens there now; hosts that have died are forgotten. */
  listeners(name: string): Endpoint[] {
    const endpoints = this.endpoints.get(name) ?? new Set();
    for (const endpoint of endpoints) if (!endpoint.host.alive) endpoints.delete(endpoint);
    return [...endpoints];
  }

  listen(name: string, endpoint: Endpoint): () => void {
    const endpoints = this.endpoints.get(name) ?? new Set();
    this.endpoints.set(name, endpoints.add(endpoint));
    return () => endpoints.delete(endpoint);
  }

  queue({ prefix }: Pick<Queue<unknown>, 'prefix'>): TaskQueue {
    const queue = this.queues.get(prefix) ?? new TaskQueue(this);
    this.queues.set(prefix, queue);
    return queue;
  }

  wipeQueues(): void {
    for (const queue of this.queues.values()) queue.wipe();
  }

  private send(what: string, start: (delayMs: number, what: string) => void): void {
    const { faults, dice } = this.parts;
    if (faults.strikes('message lost', what)) return;
    const isDelayed = faults.strikes('message delayed', what);
    start(isDelayed ? dice.between(50, 4000) : dice.between(0, 3), what);
    if (faults.strikes('message repeated', what)) start(dice.between(0, 3000), `${what}, again`);
  }
}
