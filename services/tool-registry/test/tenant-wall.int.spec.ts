import { createPool, migrate, TenantTables } from '@treadle/persistence';
import { tablesBeforeWall, testDatabase, wallGaps } from '@treadle/testing';
import { sql } from 'kysely';
import type { Pool } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { toolRegistrySchema as schema, toolRegistryMigrations } from '../src/infra/migrations/index.js';

/** What one tenant has, a row in each table. */
const rows: Readonly<Record<string, string>> = {
  toolset: `(tenant_id, name, kind, description, source, serving_version, candidate_share, latest_version)
    values ('a', 't', 'openapi', '', '{}', 1, 0, 1)`,
  toolset_version: `(tenant_id, toolset, version, hash, settings, hosts, warnings, tools) values ('a', 't', 1, '', '{}', '{}', '{}', 1)`,
  tool: `(tenant_id, toolset, version, name, description, parameters, mutating, repeatable, invocation)
    values ('a', 't', 1, 'do', '', '{}', false, true, '{}')`,
  tool_policy: `(tenant_id, toolset, tool, policy) values ('a', 't', 'do', '{}')`,
  credential: `(tenant_id, toolset, type, hosts, settings, sealed, hint) values ('a', 't', 'bearer', '{}', '{}', 'sealed', '')`,
  tool_call: `(tenant_id, toolset, tool, version, run_id, node_key, workflow_id, mutating, approved, arguments, arguments_hash, status, owner, deadline)
    values ('a', 't', 'do', 1, 'r', 'n', 'w', false, false, '{}', '', 'completed', 1, now())`,
  tool_rate: `(tenant_id, toolset, tool, minute, calls) values ('a', 't', 'do', now(), 1)`,
};

let pool: Pool;
let drop: () => Promise<void>;
beforeAll(async () => {
  const database = await testDatabase();
  drop = () => database.drop();
  pool = createPool(database.connectionString, { schema });
  await migrate(pool, schema, toolRegistryMigrations);
  for (const [table, row] of Object.entries(rows)) await pool.query(`insert into ${table} ${row}`);
});
afterAll(async () => {
  await pool.end();
  await drop();
});

it('with only row-level security left, rows of another tenant are neither read nor changed nor deleted', async () => {
  const tables = new TenantTables<unknown>(pool);
  const ask = async (tenantId: string, statement: string) => {
    const { rows: found, numAffectedRows } = await sql.raw(statement).execute(tables.of(tenantId));
    return Number(numAffectedRows ?? found.length);
  };
  const owned = Object.keys(rows).map((table) => [table, 'tenant_id'] as const);
  expect(await wallGaps(ask, Object.fromEntries(owned))).toEqual([]);
});

it('every table of tenants is behind the wall', async () => {
  const found = await pool.query<{ name: string }>(tablesBeforeWall, [schema]);
  // Read before anybody is served, and useless without the key-encryption key.
  expect(found.rows.map(({ name }) => name)).toEqual(['data_key']);
});
