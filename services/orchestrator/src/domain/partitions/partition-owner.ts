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
}

/** Keeps this replica's fair share of the partitions. */
export class PartitionOwner {
  private owned: OwnedPartitions = new Map();

  constructor(private readonly options: PartitionOwnerOptions) {}

  current(): OwnedPartitions {
    return this.owned;
  }

  /** Renews, gives up what is too much, takes what is free. Called at a third of the lease. */
  async tick(): Promise<void> {
    const { leases, replica, leaseMs, alone } = this.options;
    const { owned, replicas } = await leases.renew(replica, leaseMs);
    const share = Math.ceil(partitionCount / (alone ? 1 : replicas));
    const excess = [...owned.keys()].slice(share);
    if (excess.length > 0) return this.shed(owned, excess);
    const wanted = share - owned.size;
    const taken = wanted > 0 ? await leases.acquire(replica, wanted, leaseMs, alone) : new Map<number, number>();
    await this.change(new Map([...owned, ...taken]));
  }

  /** Gives up everything, so that others take over at once. */
  async leave(): Promise<void> {
    await this.change(new Map());
    await this.options.leases.leave(this.options.replica);
  }

  /** Stops acting on them first, so that the next owner is never one of two. */
  private async shed(owned: OwnedPartitions, excess: readonly number[]): Promise<void> {
    await this.change(new Map([...owned].filter(([partition]) => !excess.includes(partition))));
    await this.options.leases.release(this.options.replica, excess);
  }

  private async change(next: OwnedPartitions): Promise<void> {
    const before = this.owned;
    const same = next.size === before.size && [...next].every(([partition, fence]) => before.get(partition) === fence);
    if (same) return;
    this.owned = next;
    await this.options.onChange(next);
  }
}
