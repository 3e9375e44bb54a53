import { type TestDatabase, testDatabase } from '@treadle/testing';
import { sql } from 'kysely';
import type { Pool } from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDatabase, createPool, type Migrations, migrate, withDatabase } from '../src/index.js';

let database: TestDatabase;
let pools: Pool[];

beforeEach(async () => {
  database = await testDatabase();
  pools = [];
});

afterEach(async () => {
  await Promise.all(pools.map((pool) => pool.end()));
  await database.drop();
});

function poolFor(schema: string, options: object = {}): Pool {
  const pool = createPool(database.connectionString, { schema, ...options });
  pools.push(pool);
  return pool;
}

const first: Migrations = {
  '0001-thing': {
    up: (db) => sql`create table thing (id bigint primary key, ids bigint[])`.execute(db).then(() => {}),
  },
};

describe('createPool', () => {
  it('reads int8 as numbers', async () => {
    const { rows } = await poolFor('orchestrator').query(
      'select 42::int8 as one, array[1, null, 9007199254740991]::int8[] as many',
    );
    expect(rows).toEqual([{ one: 42, many: [1, null, 9_007_199_254_740_991] }]);
  });

  it('survives the loss of a connection in use, reports it and connects again', async () => {
    const lost: string[] = [];
    const pool = poolFor('orchestrator', {
      max: 1,
      log: { warn: (_facts: object, message: string) => lost.push(message) },
    });
    const other = poolFor('gateway');
    const client = await pool.connect();
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
    const cut = new Promise((resolve) => client.once('end', resolve));
    await other.query('select pg_terminate_backend($1)', [rows[0]!.pid]);
    await cut;
    await expect(withDatabase(() => client.query('select 1'))).rejects.toMatchObject({
      failure: { code: 'unavailable' },
    });
    client.release(true);
    expect(lost).toContain('lost a database connection');
    expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  });

  it('bounds the wait for a connection', async () => {
    const pool = poolFor('orchestrator', { max: 1, connectionTimeoutMs: 50 });
    const held = await pool.connect();
    await expect(withDatabase(() => pool.query('select 1'))).rejects.toMatchObject({
      failure: { code: 'unavailable' },
    });
    held.release();
  });

  it('bounds a statement', async () => {
    const pool = poolFor('orchestrator', { statementTimeoutMs: 50 });
    await expect(withDatabase(() => pool.query('select pg_sleep(30)'))).rejects.toMatchObject({
      failure: { code: 'unavailable' },
    });
  });

  it('calls a server that is not there unavailable', async () => {
    const pool = createPool('postgresql://nobody@/none?host=/nonexistent', { schema: 'orchestrator' });
    pools.push(pool);
    await expect(withDatabase(() => pool.query('select 1'))).rejects.toMatchObject({
      failure: { code: 'unavailable' },
    });
  });
});

describe('migrate', () => {
  it('keeps tables and its own list in the schema of the service', async () => {
    const pool = poolFor('orchestrator');
    expect(await migrate(pool, 'orchestrator', first)).toEqual(['0001-thing']);
    const { rows } = await pool.query<{ name: string }>(
      "select table_schema || '.' || table_name as name from information_schema.tables where table_schema not in ('pg_catalog', 'information_schema') order by 1",
    );
    expect(rows.map((row) => row.name)).toEqual([
      'orchestrator.migration',
      'orchestrator.migration_lock',
      'orchestrator.thing',
    ]);
    await createDatabase<{ thing: { id: number } }>(pool).insertInto('thing').values({ id: 1 }).execute();
  });

  it('applies each migration once when many processes start together', async () => {
    const all = Array.from({ length: 6 }, (_, index) => (index % 2 ? 'gateway' : 'orchestrator'));
    const applied = await Promise.all(all.map((schema) => migrate(poolFor(schema), schema, first)));
    expect(applied.flat()).toEqual(['0001-thing', '0001-thing']);
  });

  it('applies only what is new, and nothing of a step that fails', async () => {
    const pool = poolFor('orchestrator');
    await migrate(pool, 'orchestrator', first);
    const broken: Migrations = {
      ...first,
      '0002-more': { up: (db) => sql`create table more ()`.execute(db).then(() => {}) },
      '0003-broken': { up: () => Promise.reject(new Error('broken step')) },
    };
    await expect(migrate(pool, 'orchestrator', broken)).rejects.toThrow('broken step');
    expect((await pool.query("select to_regclass('more') as found")).rows).toEqual([{ found: null }]);
    const { '0003-broken': _, ...mended } = broken;
    expect(await migrate(pool, 'orchestrator', mended)).toEqual(['0002-more']);
  });
});
