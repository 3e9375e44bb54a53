import { randomUUID } from 'node:crypto';
import { createPool, migrate, TenantTables } from '@treadle/persistence';
import { testDatabase } from '@treadle/testing';
import type { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../src/infra/database.js';
import { KyselyScheduleRepository } from '../src/infra/entries/kysely-schedule.repository.js';
import { KyselyWebhookRepository } from '../src/infra/entries/kysely-webhook.repository.js';
import { KyselyApprovalRepository } from '../src/infra/kysely-approval.repository.js';
import { KyselyConversationRepository } from '../src/infra/kysely-conversation.repository.js';
import { KyselyFileRepository } from '../src/infra/kysely-file.repository.js';
import { KyselyRunRepository } from '../src/infra/kysely-run.repository.js';
import { KyselyWorkflowRepository } from '../src/infra/kysely-workflow.repository.js';
import { migrations } from '../src/infra/migrations/index.js';

const schema = 'orchestrator';
const id = randomUUID();
let pool: Pool;
let close: () => Promise<unknown>;

/** As if the services had forgotten to ask whose something is: whatever tenant is asked for, the statement runs for this one. */
class Careless extends TenantTables<Database> {
  constructor(
    given: Pool,
    private readonly tenant: string,
  ) {
    super(given);
  }

  override of() {
    return super.of(this.tenant);
  }
}

beforeAll(async () => {
  const database = await testDatabase();
  pool = createPool(database.connectionString, { schema });
  await migrate(pool, schema, migrations);
  for (const statement of [
    `insert into workflows (id, tenant_id, name, description, latest_version, published_version) values ('${id}', 'a', 'w', '', 1, 1)`,
    `insert into workflow_versions (workflow_id, version, tenant_id, document, format, original, warnings)
       values ('${id}', 1, 'a', '{}', 'treadle', '', '[]')`,
    `insert into runs (id, tenant_id, workflow_id, version, partition, status, created_at, conversation_id, end_user, traceparent, input_tokens, output_tokens)
       values ('${id}', 'a', '${id}', 1, 0, 'completed', now(), '', '', '', 0, 0)`,
    `insert into conversations (id, tenant_id, workflow_id, end_user, name, turns, created_at, active_at)
       values ('${id}', 'a', '${id}', '', '', 1, now(), now())`,
    `insert into messages (conversation_id, turn, run_id, status, query, answer, created_at)
       values ('${id}', 1, '${id}', 'completed', 'q', 'a', now())`,
    `insert into conversation_variables (conversation_id, name, value) values ('${id}', 'v', '1')`,
    `insert into files (id, tenant_id, name, extension, media_type, kind, bytes, sha256, created_at)
       values ('${id}', 'a', 'f', '', 'text/plain', 'document', 1, '', now())`,
    `insert into approvals (token, tenant_id, workflow_id, run_id, node_key, title, form, created_at)
       values ('token', 'a', '${id}', '${id}', 'ask', '', '{}', now())`,
    `insert into webhooks (id, tenant_id, workflow_id, node_id, version, sealed_secret, active) values ('hook', 'a', '${id}', 'n', 1, '', true)`,
    `insert into schedules (id, tenant_id, workflow_id, node_id, version, cron, timezone, active)
       values ('schedule', 'a', '${id}', 'n', 1, '* * * * *', 'UTC', true)`,
    `insert into start_keys (tenant_id, key, request_hash, run_id, created_at) values ('a', 'k', '', '${id}', now())`,
  ])
    await pool.query(statement);
  close = async () => {
    await pool.end();
    await database.drop();
  };
});
afterAll(() => close());

/** Every id there is, asked for as its owner would: the condition on the tenant holds, and only the wall is left. */
function questions(tables: TenantTables<Database>): Record<string, () => Promise<unknown>> {
  const workflows = new KyselyWorkflowRepository(tables);
  const runs = new KyselyRunRepository(tables);
  const conversations = new KyselyConversationRepository(tables);
  const schedules = new KyselyScheduleRepository(tables);
  const webhooks = new KyselyWebhookRepository(tables);
  const statuses = ['pending'] as const;
  return {
    workflow: () => workflows.find('a', id),
    version: () => workflows.findVersion('a', id, 1),
    versions: () => workflows.versions('a', id),
    'list of workflows': () => workflows.list('a', undefined, 10),
    run: () => runs.find('a', id),
    'list of runs': () => runs.list({ tenantId: 'a', statuses: [], limit: 10 }),
    conversation: () => conversations.find('a', id, Date.now()),
    'list of conversations': () =>
      conversations.list({ tenantId: 'a', workflowId: '', user: '', limit: 10 }, Date.now()),
    'renamed conversation': () => conversations.rename('a', id, 'x', Date.now()),
    file: () => new KyselyFileRepository(tables).find('a', [id]),
    approvals: () => new KyselyApprovalRepository(tables).list({ tenantId: 'a', statuses, limit: 10 }),
    webhooks: () => webhooks.list('a', ''),
    'secret of a webhook': () => webhooks.replaceSecret('a', 'hook', 'x'),
    schedule: () => schedules.find('a', 'schedule'),
    schedules: () => schedules.list('a', ''),
    'paused schedule': () => schedules.setPaused('a', 'schedule', true, undefined),
    'removed conversation': async () => (await conversations.remove('a', id)) || undefined,
  };
}

describe('with only row-level security left', () => {
  it.each(Object.keys(questions(undefined as never)))('%s of another tenant is not there', async (name) => {
    expect([(await questions(new Careless(pool, 'b'))[name]?.()) ?? []].flat()).toEqual([]);
  });

  it.each(Object.keys(questions(undefined as never)))('%s of the own tenant is there', async (name) => {
    expect([(await questions(new Careless(pool, 'a'))[name]?.()) ?? []].flat()).toHaveLength(1);
  });

  it('every table of tenants is behind the wall', async () => {
    const { rows } = await pool.query<{ name: string }>(
      `select distinct c.table_name as name from information_schema.columns c join pg_class t on t.relname = c.table_name
       where c.table_schema = $1 and c.column_name = 'tenant_id' and t.relnamespace = $1::regnamespace and not t.relrowsecurity`,
      [schema],
    );
    // Read before anybody is served, and useless without the key-encryption key.
    expect(rows).toEqual([{ name: 'data_key' }]);
  });
});
