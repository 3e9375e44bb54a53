import type { ConsumeOptions, Delivery, Subscription, Verdict } from '@treadle/messaging';
import type { Host } from './host.js';
import type { Network } from './network.js';

interface Held {
  readonly key: string;
  readonly message: unknown;
  deliveries: number;
}

/** That a worker holds a message. */
interface Lease {
  readonly held: Held;
  /** Whether its handler is at work. */
  active: boolean;
}

interface Worker {
  readonly host: Host;
  readonly options: ConsumeOptions;
  readonly handler: (delivery: Delivery<unknown>) => Promise<Verdict>;
  readonly leases: Set<Lease>;
}

/** A work queue: each message is held until it is acknowledged, and goes to somebody else when its holder falls silent. */
export class TaskQueue {
  private readonly held = new Map<string, Held>();
  private readonly workers: Worker[] = [];
  private waiting: Held[] = [];

  constructor(private readonly network: Network) {}

  enqueue(key: string, message: unknown): 'queued' | 'held' {
    if (this.held.has(key)) return 'held';
    const held = { key, message, deliveries: 0 };
    this.held.set(key, held);
    this.put(held);
    return 'queued';
  }

  consume(host: Host, options: ConsumeOptions, handler: Worker['handler']): Subscription {
    const worker = { host, options, handler, leases: new Set<Lease>() };
    this.workers.push(worker);
    this.dispatch();
    return {
      close: async () => {
        this.workers.splice(this.workers.indexOf(worker), 1);
      },
    };
  }

  /** Forgets every message. What is being worked on goes on. */
  wipe(): void {
    this.held.clear();
    this.waiting = [];
    for (const { leases } of this.workers) leases.clear();
  }

  private put(held: Held): void {
    this.waiting.push(held);
    this.dispatch();
  }

  private dispatch(): void {
    while (this.waiting.length > 0) {
      const free = this.workers.filter(({ host, leases, options }) => host.alive && leases.size < options.concurrency);
      const worker = this.network.dice.pick(free);
      const held = worker && this.waiting.shift();
      if (!held) return;
      this.deliver(worker, held);
    }
  }

  private deliver(worker: Worker, held: Held): void {
    const delivery = ++held.deliveries;
    const lease = { held, active: false };
    worker.leases.add(lease);
    this.network.carry(worker.host, `task ${held.key}`, () => {
      lease.active = true;
      void worker.handler({ message: held.message, delivery }).then((verdict) => {
        lease.active = false;
        this.network.carryToBroker(`${verdict.kind} ${held.key}`, () => this.settle(worker, lease, verdict));
      });
    });
    this.watch(worker, lease);
  }

  /** The holder keeps its lease alive for as long as its handler works. */
  private watch(worker: Worker, lease: Lease): void {
    this.network.scheduler.after(worker.options.leaseMs, () => {
      if (!worker.leases.has(lease)) return;
      if (worker.host.alive && !worker.host.isStalled && lease.active) return this.watch(worker, lease);
      this.free(worker, lease);
      this.putBack(lease.held);
    });
  }

  private settle(worker: Worker, lease: Lease, verdict: Verdict): void {
    const { held } = lease;
    if (!worker.leases.has(lease)) return;
    if (verdict.kind === 'later') this.network.scheduler.after(verdict.delayMs, () => this.putBack(held));
    else if (this.held.get(held.key) === held) this.held.delete(held.key);
    this.free(worker, lease);
  }

  private free(worker: Worker, lease: Lease): void {
    worker.leases.delete(lease);
    this.dispatch();
  }

  private putBack(held: Held): void {
    if (this.held.get(held.key) === held) this.put(held);
  }
}
