import { createPool, migrate } from '@treadle/persistence';
import { testDatabase } from '@treadle/testing';
import type { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { partitionCount } from '../src/domain/run-id.js';
import { schemaName } from '../src/infra/database.js';
import { migrations } from '../src/infra/migrations/index.js';
import { PgPartitionLeases } from '../src/infra/pg-partition-leases.js';

const leaseMs = 60_000;

describe('partition leases in Postgres', () => {
  let pool: Pool;
  let leases: PgPartitionLeases;
  let drop: () => Promise<void>;

  beforeAll(async () => {
    const database = await testDatabase();
    drop = () => database.drop();
    pool = createPool(database.connectionString, { schema: schemaName });
    await migrate(pool, schemaName, migrations);
    leases = new PgPartitionLeases(pool);
    await leases.prepare();
    await leases.prepare();
  });

  afterAll(async () => {
    await pool.end();
    await drop();
  });

  it('never lets two replicas take the same partition at the same moment', async () => {
    const names = ['a', 'b', 'c', 'd'];
    const taken = await Promise.all(names.map((name) => leases.acquire(name, partitionCount, leaseMs, false)));
    const all = taken.flatMap((partitions) => [...partitions.keys()]);
    expect(new Set(all).size).toBe(all.length);
    await Promise.all(names.map((name) => leases.leave(name)));
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
    await leases.leave('new');
    await leases.leave('old');
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
