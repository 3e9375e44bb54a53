import { describe, expect, it } from 'vitest';
import type { OwnedPartitions, PartitionLeases } from './partition-leases.js';
import { PartitionOwner } from './partition-owner.js';
import { partitionCount } from './run-id.js';

interface Lease {
  owner: string | undefined;
  fence: number;
  expiresAt: number;
}

/** Leases in memory, by a clock that is moved by hand. */
class MemoryLeases implements PartitionLeases {
  now = 0;
  readonly leases: Lease[] = Array.from({ length: partitionCount }, () => ({
    owner: undefined,
    fence: 0,
    expiresAt: 0,
  }));
  readonly replicas = new Map<string, number>();

  async renew(replica: string, leaseMs: number) {
    this.replicas.set(replica, this.now + leaseMs);
    for (const lease of this.leases) if (lease.owner === replica) lease.expiresAt = this.now + leaseMs;
    const alive = [...this.replicas.values()].filter((expiresAt) => expiresAt >= this.now);
    return { owned: this.ownedBy(replica), replicas: alive.length };
  }

  async acquire(replica: string, count: number, leaseMs: number, force: boolean) {
    const free = (lease: Lease) => lease.owner !== replica && (force || !lease.owner || lease.expiresAt < this.now);
    const taken = [...this.leases.entries()].filter(([, lease]) => free(lease)).slice(0, count);
    for (const [, lease] of taken)
      Object.assign(lease, { owner: replica, fence: lease.fence + 1, expiresAt: this.now + leaseMs });
    return new Map(taken.map(([partition, lease]) => [partition, lease.fence]));
  }

  async release(replica: string, partitions: readonly number[]) {
    for (const partition of partitions) {
      const lease = this.leases[partition]!;
      if (lease.owner === replica) lease.owner = undefined;
    }
  }

  async leave(replica: string) {
    await this.release(replica, [...this.ownedBy(replica).keys()]);
    this.replicas.delete(replica);
  }

  ownedBy(replica: string): Map<number, number> {
    const mine = [...this.leases.entries()].filter(([, lease]) => lease.owner === replica);
    return new Map(mine.map(([partition, lease]) => [partition, lease.fence]));
  }
}

function replicaOf(leases: MemoryLeases, name: string, alone = false) {
  const changes: OwnedPartitions[] = [];
  const onChange = async (owned: OwnedPartitions) => {
    changes.push(owned);
  };
  return { owner: new PartitionOwner({ leases, replica: name, leaseMs: 9000, alone, onChange }), changes };
}

describe('partition owner', () => {
  it('takes everything when it is the only one', async () => {
    const { owner } = replicaOf(new MemoryLeases(), 'a');
    await owner.tick();
    expect(owner.current().size).toBe(partitionCount);
  });

  it('shares with a newcomer, and never two own the same', async () => {
    const leases = new MemoryLeases();
    const [a, b] = [replicaOf(leases, 'a'), replicaOf(leases, 'b')];
    for (const { owner } of [a, b, a, b]) await owner.tick();
    expect([a.owner.current().size, b.owner.current().size]).toEqual([partitionCount / 2, partitionCount / 2]);
    expect([...a.owner.current().keys()].filter((partition) => b.owner.current().has(partition))).toEqual([]);
  });

  it('takes over what a dead replica held, under higher fences, when its leases have run out', async () => {
    const leases = new MemoryLeases();
    const [dead, heir] = [replicaOf(leases, 'dead'), replicaOf(leases, 'heir')];
    for (const { owner } of [dead, heir, dead, heir]) await owner.tick();
    const held = new Map(dead.owner.current());
    leases.now += 9001;
    await heir.owner.tick();
    expect(heir.owner.current().size).toBe(partitionCount);
    for (const [partition, fence] of held) expect(heir.owner.current().get(partition)).toBeGreaterThan(fence);
  });

  it('notices that it was taken for dead', async () => {
    const leases = new MemoryLeases();
    const [slow, heir] = [replicaOf(leases, 'slow'), replicaOf(leases, 'heir')];
    await slow.owner.tick();
    leases.now += 9001;
    await heir.owner.tick();
    await slow.owner.tick();
    expect(slow.owner.current().size).toBe(0);
    expect(slow.changes.at(-1)?.size).toBe(0);
  });

  it('gives everything up at once when it leaves', async () => {
    const leases = new MemoryLeases();
    const [a, b] = [replicaOf(leases, 'a'), replicaOf(leases, 'b')];
    for (const { owner } of [a, b, a, b]) await owner.tick();
    await a.owner.leave();
    await b.owner.tick();
    expect(b.owner.current().size).toBe(partitionCount);
  });

  it('alone, takes the leases of a killed process without waiting', async () => {
    const leases = new MemoryLeases();
    await replicaOf(leases, 'killed', true).owner.tick();
    const { owner } = replicaOf(leases, 'next', true);
    await owner.tick();
    expect(owner.current().size).toBe(partitionCount);
  });

  it('stays quiet while nothing changes', async () => {
    const { owner, changes } = replicaOf(new MemoryLeases(), 'a');
    await owner.tick();
    await owner.tick();
    expect(changes).toHaveLength(1);
  });
});
