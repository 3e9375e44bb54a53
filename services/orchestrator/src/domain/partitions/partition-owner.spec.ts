import { describe, expect, it } from 'vitest';
import { MemoryPartitionLeases } from '../../infra/memory-partition-leases.js';
import { partitionCount } from '../runs/run-id.js';
import type { OwnedPartitions, PartitionLeases } from './partition-leases.js';
import { PartitionOwner } from './partition-owner.js';

/** Leases that go by a clock that is moved by hand. */
class ClockedLeases extends MemoryPartitionLeases {
  constructor(readonly clock = { now: 0 }) {
    super(() => clock.now);
  }
}

function replicaOf(leases: PartitionLeases, name: string, alone = false) {
  const changes: OwnedPartitions[] = [];
  const onChange = async (owned: OwnedPartitions) => {
    changes.push(owned);
  };
  let told = 0;
  const tellOthers = () => {
    told += 1;
  };
  const owner = new PartitionOwner({ leases, replica: name, leaseMs: 9000, alone, onChange, tellOthers });
  return { owner, changes, told: () => told };
}

describe('partition owner', () => {
  it('takes everything when it is the only one', async () => {
    const { owner } = replicaOf(new ClockedLeases(), 'a');
    await owner.tick();
    expect(owner.current().size).toBe(partitionCount);
  });

  it('shares with a newcomer, and never two own the same', async () => {
    const leases = new ClockedLeases();
    const [a, b] = [replicaOf(leases, 'a'), replicaOf(leases, 'b')];
    for (const { owner } of [a, b, a, b]) await owner.tick();
    expect([a.owner.current().size, b.owner.current().size]).toEqual([partitionCount / 2, partitionCount / 2]);
    expect([...a.owner.current().keys()].filter((partition) => b.owner.current().has(partition))).toEqual([]);
  });

  it('takes over what a dead replica held, under higher fences, when its leases have run out', async () => {
    const leases = new ClockedLeases();
    const [dead, heir] = [replicaOf(leases, 'dead'), replicaOf(leases, 'heir')];
    for (const { owner } of [dead, heir, dead, heir]) await owner.tick();
    const held = new Map(dead.owner.current());
    leases.clock.now += 9001;
    await heir.owner.tick();
    expect(heir.owner.current().size).toBe(partitionCount);
    for (const [partition, fence] of held) expect(heir.owner.current().get(partition)).toBeGreaterThan(fence);
  });

  it('notices that it was taken for dead', async () => {
    const leases = new ClockedLeases();
    const [slow, heir] = [replicaOf(leases, 'slow'), replicaOf(leases, 'heir')];
    await slow.owner.tick();
    leases.clock.now += 9001;
    await heir.owner.tick();
    await slow.owner.tick();
    expect(slow.owner.current().size).toBe(0);
    expect(slow.changes.at(-1)?.size).toBe(0);
  });

  it('gives everything up at once when it leaves', async () => {
    const leases = new ClockedLeases();
    const [a, b] = [replicaOf(leases, 'a'), replicaOf(leases, 'b')];
    for (const { owner } of [a, b, a, b]) await owner.tick();
    await a.owner.leave();
    await b.owner.tick();
    expect(b.owner.current().size).toBe(partitionCount);
  });

  it('alone, takes the leases of a killed process without waiting', async () => {
    const leases = new ClockedLeases();
    await replicaOf(leases, 'killed', true).owner.tick();
    const { owner } = replicaOf(leases, 'next', true);
    await owner.tick();
    expect(owner.current().size).toBe(partitionCount);
  });

  it('stays quiet while nothing changes', async () => {
    const { owner, changes } = replicaOf(new ClockedLeases(), 'a');
    await owner.tick();
    await owner.tick();
    expect(changes).toHaveLength(1);
  });

  it('tells the others when it joins them, gives up partitions or leaves, and not while it only stays', async () => {
    const leases = new ClockedLeases();
    const [a, b] = [replicaOf(leases, 'a'), replicaOf(leases, 'b')];
    await a.owner.tick();
    expect(a.told()).toBe(0);
    await b.owner.tick();
    expect(b.told()).toBe(1);
    await a.owner.tick();
    expect(a.told()).toBe(1);
    for (const { owner } of [b, a, b, a]) await owner.tick();
    expect([a.told(), b.told()]).toEqual([1, 1]);
    await a.owner.leave();
    expect(a.told()).toBe(2);
  });

  it('told of each other, three find their shares without waiting, and then are quiet', async () => {
    const leases = new ClockedLeases();
    const replicas = ['a', 'b', 'c'].map((name) => replicaOf(leases, name));
    const told = () => replicas.reduce((sum, replica) => sum + replica.told(), 0);
    for (const { owner } of replicas) await owner.tick();
    for (let heard = 0; heard < told(); heard += 1) for (const { owner } of replicas) await owner.tick();
    expect(replicas.map(({ owner }) => owner.current().size).sort()).toEqual([20, 22, 22]);
    expect(told()).toBeLessThanOrEqual(6);
  });

  it('without a partition, a start waits for the first and is refused when none comes', async () => {
    const leases = new ClockedLeases();
    const [a, b] = [replicaOf(leases, 'a'), replicaOf(leases, 'b')];
    for (const { owner } of [a, b]) await owner.tick();
    await expect(b.owner.any(1)).rejects.toMatchObject({ failure: { code: 'unavailable', retryAfterSeconds: 2 } });
    const picked = b.owner.any(10_000);
    for (const { owner } of [a, b]) await owner.tick();
    expect(b.owner.current().has(await picked)).toBe(true);
  });
});
