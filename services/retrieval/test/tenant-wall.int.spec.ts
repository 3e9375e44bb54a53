import { createPool, migrate, TenantPools } from '@treadle/persistence';
import { tablesBeforeWall, testDatabase, wallGaps } from '@treadle/testing';
import type { Pool } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { retrievalMigrations, retrievalSchema as schema } from '../src/infra/migrations/index.js';

const id = (digit: number) => `'00000000-0000-0000-0000-00000000000${digit}'`;
const [dataset, index, document, chunk, tag] = [id(1), id(2), id(3), id(4), id(5)];

/** What one tenant has, a row in each table. */
const rows: Readonly<Record<string, string>> = {
  dataset: `(id, tenant_id, name, description, embedding_provider, embedding_model, chunking, search, metadata_fields, serving_index)
    values (${dataset}, 'a', 'd', '', '', '', '{}', '{}', '{}', ${index})`,
  dataset_index: `(id, tenant_id, dataset_id, embedding_provider, embedding_model, chunking) values (${index}, 'a', ${dataset}, '', '', '{}')`,
  document: `(id, tenant_id, dataset_id, name, source, source_name, metadata, characters) values (${document}, 'a', ${dataset}, '', 'text', '', '{}', 1)`,
  document_version: `(document_id, version, source, source_name, is_read) values (${document}, 1, 'text', '', true)`,
  document_part: `(document_id, version, part, content) values (${document}, 1, 0, 'a secret')`,
  document_work: `(index_id, document_id, tenant_id, status, document_version) values (${index}, ${document}, 'a', 'completed', 1)`,
  chunk: `(id, tenant_id, dataset_id, index_id, document_id, document_version, position, content, words)
    values (${chunk}, 'a', ${dataset}, ${index}, ${document}, 1, 0, 'a secret', '')`,
  point: `(chunk_id, index_id, document_id, dense, sparse) values (${chunk}, ${index}, ${document}, '', '')`,
  removed_point: `(index_id, revision, chunk_id) values (${index}, 1, ${chunk})`,
  tag: `(id, tenant_id, name) values (${tag}, 'a', 't')`,
  dataset_tag: `(tag_id, dataset_id) values (${tag}, ${dataset})`,
  metadata_field: `(dataset_id, name) values (${dataset}, 'f')`,
  store_debt: `(tenant_id, dataset_id, index_id, embedding_provider, embedding_model, dimensions, due_at)
    values ('a', ${dataset}, ${index}, '', '', 1, now())`,
};
const theirParents = ['document_version', 'document_part', 'point', 'removed_point', 'dataset_tag', 'metadata_field'];

let pool: Pool;
let drop: () => Promise<void>;
beforeAll(async () => {
  const database = await testDatabase();
  drop = () => database.drop();
  pool = createPool(database.connectionString, { schema });
  await migrate(pool, schema, retrievalMigrations);
  for (const [table, row] of Object.entries(rows)) await pool.query(`insert into ${table} ${row}`);
});
afterAll(async () => {
  await pool.end();
  await drop();
});

it('with only row-level security left, rows of another tenant are neither read nor changed nor deleted', async () => {
  const pools = new TenantPools(pool);
  const ask = async (tenantId: string, statement: string) => (await pools.of(tenantId).query(statement)).rowCount ?? 0;
  const owned = Object.keys(rows).map((table) => {
    return [table, theirParents.includes(table) ? undefined : 'tenant_id'] as const;
  });
  expect(await wallGaps(ask, Object.fromEntries(owned))).toEqual([]);
});

it('nothing is added to what belongs to another tenant', async () => {
  const theirs = new TenantPools(pool).of('b');
  for (const table of theirParents)
    await expect(theirs.query(`insert into ${table} ${rows[table]}`)).rejects.toThrow(/row-level security/);
});

it('every table of tenants is behind the wall', async () => {
  const found = await pool.query<{ name: string }>(tablesBeforeWall, [schema]);
  expect(found.rows).toEqual([]);
  const open = await pool.query<{ name: string }>(
    'select relname name from pg_class where relnamespace = $1::regnamespace and relkind = $2 and not relrowsecurity order by 1',
    [schema, 'r'],
  );
  // Of a model's whole space, and seen by operators only.
  const ofNobody = ['store_rebuild', 'store_rebuild_index'];
  expect(open.rows.map(({ name }) => name).filter((name) => !name.includes('migration'))).toEqual(ofNobody);
});
