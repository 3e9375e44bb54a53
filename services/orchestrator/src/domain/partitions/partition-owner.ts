import { setTimeout as delay } from 'node:timers/promises';
import { FailureError } from '@treadle/failure';
import { partitionCount } from '../runs/run-id.js';
import type { OwnedPartitions, PartitionLeases } from './partition-leases.js';

export interface PartitionOwnerOptions {
  readonly leases: PartitionLeases;
  /** Unique per process. */
  readonly replica: string;
  readonly leaseMs: number;
  /** True where no other replica can live (standalone): takes every partition at once, leases of a killed process included. */
  readonly alone: boolean;
  /** Called when what is owned has changed, before this replica may act on it. */
  readonly onChange: (owned: OwnedPartitions) => Promise<void>;
  /** Called when the others should `tick` at once: this replica has joined them, leaves them, or gave up partitions. */
  readonly tellOthers: () => void;
}

/** How often a wait for partitions looks again, in milliseconds. */
const lookAgainMs = 20;

/** Keeps this replica's fair share of the partitions. */
export class PartitionOwner {
  private owned: OwnedPartitions = new Map();
  private joined = false;
  private underWay: Promise<void> = Promise.resolve();

  constructor(private readonly options: PartitionOwnerOptions) {}

  current(): OwnedPartitions {
    return this.owned;
  }

  /**
   * Any of those that are owned, after a wait for the first.
   * @throws FailureError `unavailable` when none is owned within `waitMs`
   */
  async any(waitMs: number): Promise<number> {
    await this.some(waitMs);
    const owned = [...this.owned.keys()];
    const pick = owned[Math.floor(Math.random() * owned.length)];
    if (pick !== undefined) return pick;
    throw FailureError.of('unavailable', 'This orchestrator owns no partition yet. Try again in a moment.', {
      retryAfterSeconds: 2,
    });
  }

  /** Resolves as soon as something is owned, or after `waitMs`. */
  async some(waitMs: number): Promise<void> {
    const until = performance.now() + waitMs;
    while (this.owned.size === 0 && performance.now() < until) await delay(lookAgainMs, undefined, { ref: false });
  }

  /** Renews, gives up what is too much, takes what is free. Called at a third of the lease, and when others have changed. */
  tick(): Promise<void> {
    return this.afterOthers(() => this.look());
  }

  /** Gives up everything, so that others take over at once. */
  leave(): Promise<void> {
    return this.afterOthers(async () => {
      await this.change(new Map());
      await this.options.leases.leave(this.options.replica);
      this.options.tellOthers();
    });
  }

  /** One thing at a time, whoever asks for it. */
  private afterOthers(work: () => Promise<void>): Promise<void> {
    const done = this.underWay.then(work);
    this.underWay = done.catch(() => undefined);
    return done;
  }

  private async look(): Promise<void> {
    const { leases, replica, leaseMs, alone } = this.options;
    const { owned, replicas } = await leases.renew(replica, leaseMs);
    const share = Math.ceil(partitionCount / (alone ? 1 : replicas));
    const excess = [...owned.keys()].slice(share);
    if (excess.length > 0) return this.shed(owned, excess);
    const wanted = share - owned.size;
    const taken = wanted > 0 ? await leases.acquire(replica, wanted, leaseMs, alone) : new Map<number, number>();
    await this.change(new Map([...owned, ...taken]));
    if (!this.joined && taken.size < wanted) this.options.tellOthers();
    this.joined = true;
  }

  /** Stops acting on them first, so that the next owner is never one of two. */
  private async shed(owned: OwnedPartitions, excess: readonly number[]): Promise<void> {
    await this.change(new Map([...owned].filter(([partition]) => !excess.includes(partition))));
    await this.options.leases.release(this.options.replica, excess);
    this.options.tellOthers();
  }

  private async change(next: OwnedPartitions): Promise<void> {
    const before = this.owned;
    const same = next.size === before.size && [...next].every(([partition, fence]) => before.get(partition) === fence);
    if (same) return;
    this.owned = next;
    await this.options.onChange(next);
  }
}
