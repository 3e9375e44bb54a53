import { beforeEach, describe, expect, it } from 'vitest';
import { partitionCount } from '../runs/run-id.js';
import type { PartitionLeases } from './partition-leases.js';

const leaseMs = 60_000;

/** Every keeper of leases does these. `make` gives one whose partitions nobody holds. */
export function describePartitionLeases(name: string, make: () => Promise<PartitionLeases>): void {
  describe(`partition leases: ${name}`, () => {
    let leases: PartitionLeases;

    beforeEach(async () => {
      leases = await make();
    });

    it('never lets two replicas take the same partition at the same moment', async () => {
      const names = ['a', 'b', 'c', 'd'];
      const taken = await Promise.all(names.map((name) => leases.acquire(name, partitionCount, leaseMs, false)));
      const all = taken.flatMap((partitions) => [...partitions.keys()]);
      expect(new Set(all).size).toBe(all.length);
    });

    it('renews what is owned, counts who lives, and hands over under higher fences', async () => {
      const first = await leases.acquire('old', partitionCount, leaseMs, false);
      expect(first.size).toBe(partitionCount);
      expect(await leases.renew('old', leaseMs)).toEqual({ owned: first, replicas: 1 });
      expect((await leases.renew('new', leaseMs)).replicas).toBe(2);
      expect((await leases.acquire('new', 10, leaseMs, false)).size).toBe(0);
      await leases.release('old', [1, 2, 3]);
      const moved = await leases.acquire('new', 10, leaseMs, false);
      expect([...moved.keys()].sort()).toEqual([1, 2, 3]);
      for (const [partition, fence] of moved) expect(fence).toBeGreaterThan(first.get(partition)!);
    });

    it('gives what a replica held to others as soon as it leaves', async () => {
      await leases.renew('old', leaseMs);
      await leases.acquire('old', partitionCount, leaseMs, false);
      await leases.leave('old');
      expect((await leases.renew('new', leaseMs)).replicas).toBe(1);
      expect((await leases.acquire('new', partitionCount, leaseMs, false)).size).toBe(partitionCount);
    });

    it('gives what a dead replica held to others when its lease has run out, or at once by force', async () => {
      await leases.acquire('dead', partitionCount, -1, false);
      const heirs = await leases.acquire('heir', 5, leaseMs, false);
      expect(heirs.size).toBe(5);
      expect((await leases.acquire('alone', partitionCount, leaseMs, true)).size).toBe(partitionCount);
      expect((await leases.renew('heir', leaseMs)).owned.size).toBe(0);
      expect((await leases.renew('dead', leaseMs)).owned.size).toBe(0);
    });
  });
}
