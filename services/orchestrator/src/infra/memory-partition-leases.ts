import type { OwnedPartitions, PartitionLeases } from '../domain/partitions/partition-leases.js';
import { partitionCount } from '../domain/runs/run-id.js';

interface Lease {
  owner?: string;
  /** Milliseconds since the epoch, by the clock of the leases. */
  expiresAt: number;
}

/** Leases in memory, handed out as Postgres does it. */
export class MemoryPartitionLeases implements PartitionLeases {
  private readonly replicas = new Map<string, number>();
  private readonly leases = new Map<number, Lease>();

  /**
   * @param now the clock that all leases go by, in milliseconds since the epoch
   * @param fences where the fence of each partition is kept; a journal may share it, as both are tables of one database
   */
  constructor(
    private readonly now: () => number,
    private readonly fences: Map<number, number> = new Map(),
  ) {
    for (let partition = 0; partition < partitionCount; partition++) {
      this.leases.set(partition, { expiresAt: now() });
      fences.set(partition, 0);
    }
  }

  async renew(replica: string, leaseMs: number): Promise<{ owned: OwnedPartitions; replicas: number }> {
    const now = this.now();
    this.replicas.set(replica, now + leaseMs);
    for (const [id, expiresAt] of this.replicas) if (expiresAt < now) this.replicas.delete(id);
    const owned = new Map<number, number>();
    for (const [partition, lease] of this.leases) {
      if (lease.owner !== replica) continue;
      lease.expiresAt = now + leaseMs;
      owned.set(partition, this.fenceOf(partition));
    }
    return { owned, replicas: this.replicas.size };
  }

  async acquire(replica: string, count: number, leaseMs: number, force: boolean): Promise<OwnedPartitions> {
    const now = this.now();
    const isFree = ({ owner, expiresAt }: Lease) =>
      owner !== replica && (force || owner === undefined || expiresAt < now);
    const free = [...this.leases].filter(([, lease]) => isFree(lease));
    free.sort(([, one], [, other]) => one.expiresAt - other.expiresAt);
    const taken = new Map<number, number>();
    for (const [partition, lease] of free.slice(0, count)) {
      Object.assign(lease, { owner: replica, expiresAt: now + leaseMs });
      this.fences.set(partition, this.fenceOf(partition) + 1);
      taken.set(partition, this.fenceOf(partition));
    }
    return taken;
  }

  async release(replica: string, partitions: readonly number[]): Promise<void> {
    for (const partition of partitions) {
      const lease = this.leases.get(partition);
      if (lease?.owner === replica) delete lease.owner;
    }
  }

  async leave(replica: string): Promise<void> {
    await this.release(replica, [...this.leases.keys()]);
    this.replicas.delete(replica);
  }

  private fenceOf(partition: number): number {
    return this.fences.get(partition) ?? 0;
  }
}
