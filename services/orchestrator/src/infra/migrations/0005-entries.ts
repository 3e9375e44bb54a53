import type { Migration } from '@treadle/persistence';
import { type Kysely, sql } from 'kysely';

/** What begins runs without a caller: webhooks with their sealed secrets, and schedules with their next moments. */
export const entries: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await createWebhooks(db);
    await createSchedules(db);
  },
};

async function createWebhooks(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table data_key (
      tenant_id text not null,
      version integer not null,
      wrapped_by text not null,
      bytes bytea not null,
      created_at timestamptz not null default now(),
      primary key (tenant_id, version)
    )`.execute(db);
  await sql`
    create table webhooks (
      id text primary key,
      tenant_id text not null,
      workflow_id uuid not null references workflows (id) on delete cascade,
      node_id text not null,
      version integer not null,
      sealed_secret text not null,
      active boolean not null,
      created_at timestamptz not null default now(),
      unique (workflow_id, node_id)
    )`.execute(db);
  await sql`create index webhooks_by_tenant on webhooks (tenant_id, workflow_id, node_id)`.execute(db);
}

async function createSchedules(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table schedules (
      id text primary key,
      tenant_id text not null,
      workflow_id uuid not null references workflows (id) on delete cascade,
      node_id text not null,
      version integer not null,
      cron text not null,
      timezone text not null,
      next_fire_at timestamptz,
      last_fired_at timestamptz,
      active boolean not null,
      paused boolean not null default false,
      dropped_count integer not null default 0,
      last_error text not null default '',
      unique (workflow_id, node_id)
    )`.execute(db);
  await sql`create index schedules_by_tenant on schedules (tenant_id, workflow_id, node_id)`.execute(db);
  await sql`create index schedules_due on schedules (next_fire_at) where active and not paused`.execute(db);
}
