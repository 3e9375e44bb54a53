import { createPool, migrate } from '@treadle/persistence';
import { testDatabase } from '@treadle/testing';
import type { Pool } from 'pg';
import { afterAll, beforeAll } from 'vitest';
import { describePartitionLeases } from '../src/domain/partitions/partition-leases.contract.js';
import { schemaName } from '../src/infra/database.js';
import { migrations } from '../src/infra/migrations/index.js';
import { PgPartitionLeases } from '../src/infra/pg-partition-leases.js';

let pool: Pool;
let drop: () => Promise<void>;

beforeAll(async () => {
  const database = await testDatabase();
  drop = () => database.drop();
  pool = createPool(database.connectionString, { schema: schemaName });
  await migrate(pool, schemaName, migrations);
});

afterAll(async () => {
  await pool.end();
  await drop();
});

describePartitionLeases('in Postgres', async () => {
  const leases = new PgPartitionLeases(pool);
  await pool.query('truncate replicas, partition_leases');
  await leases.prepare();
  await leases.prepare();
  return leases;
});
