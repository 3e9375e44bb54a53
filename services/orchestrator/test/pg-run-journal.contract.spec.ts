import { createPool, migrate } from '@treadle/persistence';
import { testDatabase } from '@treadle/testing';
import type { Pool } from 'pg';
import { afterAll, beforeAll } from 'vitest';
import { describeRunJournal } from '../src/domain/runs/run-journal.contract.js';
import { schemaName } from '../src/infra/database.js';
import { migrations } from '../src/infra/migrations/index.js';
import { PgPartitionLeases } from '../src/infra/pg-partition-leases.js';
import { PgRunJournal } from '../src/infra/pg-run-journal.js';

let pool: Pool;
let drop: () => Promise<void>;

beforeAll(async () => {
  const database = await testDatabase();
  drop = () => database.drop();
  pool = createPool(database.connectionString, { schema: schemaName });
  await migrate(pool, schemaName, migrations);
  await new PgPartitionLeases(pool).prepare();
});

afterAll(async () => {
  await pool.end();
  await drop();
});

describeRunJournal('in Postgres', async () => ({
  journal: new PgRunJournal(pool),
  own: async (partition, fence) => {
    await pool.query('update partition_leases set fence = $2 where partition = $1', [partition, fence]);
  },
}));
