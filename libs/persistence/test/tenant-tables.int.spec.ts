import { testDatabase } from '@treadle/testing';
import { sql } from 'kysely';
import type { Pool } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createPool, migrate, ownTenant, TenantTables, wallTenants } from '../src/index.js';

interface Tables {
  thing: { id: number; tenant_id: string; name: string };
  part: { thing_id: number; name: string };
}

let pool: Pool;
let tables: TenantTables<Tables>;
let close: () => Promise<unknown>;

beforeAll(async () => {
  const database = await testDatabase();
  pool = createPool(database.connectionString, { schema: 'walled' });
  await migrate(pool, 'walled', {
    '0001': {
      up: async (db) => {
        await sql`create table thing (id integer primary key, tenant_id text not null, name text not null)`.execute(db);
        await sql`create table part (thing_id integer not null, name text not null)`.execute(db);
        await wallTenants(db, {
          thing: ownTenant,
          part: 'exists (select from thing owner where owner.id = thing_id)',
        });
      },
    },
  });
  tables = new TenantTables<Tables>(pool);
  await tables.all
    .insertInto('thing')
    .values([
      { id: 1, tenant_id: 'a', name: 'of a' },
      { id: 2, tenant_id: 'b', name: 'of b' },
    ])
    .execute();
  await tables.all
    .insertInto('part')
    .values([
      { thing_id: 1, name: 'part of a' },
      { thing_id: 2, name: 'part of b' },
    ])
    .execute();
  close = async () => {
    await pool.end();
    await database.drop();
  };
});
afterAll(() => close());

const names = async (tenant: string) =>
  (await tables.of(tenant).selectFrom('thing').select('name').execute()).map(({ name }) => name);

it('shows each tenant its own rows, without any condition, whoever used the connections before', async () => {
  const asked = Array.from({ length: 60 }, (_, at) => (at % 3 === 0 ? 'a' : at % 3 === 1 ? 'b' : 'c'));
  const seen = await Promise.all(asked.map(names));
  for (const [at, tenant] of asked.entries()) expect(seen[at]).toEqual(tenant === 'c' ? [] : [`of ${tenant}`]);
  expect((await tables.of('a').selectFrom('part').select('name').execute()).map(({ name }) => name)).toEqual([
    'part of a',
  ]);
  expect(await tables.all.selectFrom('thing').selectAll().execute()).toHaveLength(2);
});

it('changes nothing of others and adds nothing to them', async () => {
  const of = tables.of('b');
  expect(
    (await of.updateTable('thing').set({ name: 'x' }).where('id', '=', 1).executeTakeFirstOrThrow()).numUpdatedRows,
  ).toBe(0n);
  expect((await of.deleteFrom('part').where('thing_id', '=', 1).executeTakeFirstOrThrow()).numDeletedRows).toBe(0n);
  await expect(of.insertInto('thing').values({ id: 3, tenant_id: 'a', name: 'x' }).execute()).rejects.toMatchObject({
    code: '42501',
  });
  await expect(
    of.transaction().execute((db) => db.updateTable('thing').set({ tenant_id: 'a' }).execute()),
  ).rejects.toMatchObject({ code: '42501' });
  expect(await names('a')).toEqual(['of a']);
});

it('sends nothing besides the statement while a connection stays with its tenant', async () => {
  await names('a');
  const { rows: before } = await pool.query<{ calls: number }>(statements);
  await names('a');
  await names('a');
  const { rows: after } = await pool.query<{ calls: number }>(statements);
  expect(after).toEqual(before);
});

/** Who sets a tenant, of the connections that are there: the last statement of each. */
const statements = `
  select count(*) as calls from pg_stat_activity
  where application_name = 'treadle-walled' and query like '%set_config(''treadle.tenant''%' and pid <> pg_backend_pid()`;
