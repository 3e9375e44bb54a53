import { randomUUID } from 'node:crypto';
import { createPool, migrate, TenantTables } from '@treadle/persistence';
import { tablesBeforeWall, testDatabase, wallGaps } from '@treadle/testing';
import { sql } from 'kysely';
import type { Pool } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { modelProxyMigrations, modelProxySchema as schema } from '../src/infra/migrations/index.js';

const id = randomUUID();
/** What one tenant has, a row in each table. */
const rows: Readonly<Record<string, string>> = {
  tenant_revision: `(tenant_id, value) values ('a', 1)`,
  provider: `(tenant_id, name, kind, base_url, sealed_key, key_hint, options) values ('a', 'p', 'openai', '', 'sealed', '', '{}')`,
  route: `(tenant_id, name, targets, rules) values ('a', 'r', '[]', '{}')`,
  price: `(tenant_id, provider, model, version) values ('a', 'p', 'm', 1)`,
  budget: `(id, tenant_id, name, scope, subject, period, limit_usd, thresholds) values ('${id}', 'a', 'b', 'tenant', '*', 'day', 1, '{}')`,
  budget_counter: `(budget_id, subject, period_start) values ('${id}', '*', now())`,
  budget_event: `(tenant_id, budget_id, subject, period_start, level) values ('a', '${id}', '*', now(), 1)`,
  reservation: `(id, owner, tenant_id, workflow_id, run_id, node_key, api_key_id, operation, provider, model, route, idempotency_key,
    price_version, usd, input_tokens, output_tokens, counters, expires_at)
    values ('${id}', 1, 'a', '', '', '', '', 'chat', 'p', 'm', '', '', '', 1, 1, 1, '[]', now())`,
  usage_ledger: `(id, owner, tenant_id, workflow_id, run_id, node_key, api_key_id, operation, provider, model, route, idempotency_key,
    price_version, status, input_tokens, cached_input_tokens, output_tokens, reasoning_tokens, counters, at)
    values ('${id}', 1, 'a', '', '', '', '', 'chat', 'p', 'm', '', '', '', 'completed', 1, 0, 1, 0, '[]', now())`,
};

let pool: Pool;
let drop: () => Promise<void>;
beforeAll(async () => {
  const database = await testDatabase();
  drop = () => database.drop();
  pool = createPool(database.connectionString, { schema });
  await migrate(pool, schema, modelProxyMigrations);
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
  const owned = Object.keys(rows).map(
    (table) => [table, table === 'budget_counter' ? undefined : ('tenant_id' as const)] as const,
  );
  expect(await wallGaps(ask, Object.fromEntries(owned))).toEqual([]);
});

it('every table of tenants is behind the wall', async () => {
  const found = await pool.query<{ name: string }>(tablesBeforeWall, [schema]);
  // Answers are found by a hash that holds the tenant; data keys are read before anybody is served, and useless without the key above them.
  expect(found.rows.map(({ name }) => name)).toEqual(['cached_response', 'data_key']);
});
