import type { Migration } from '@treadle/persistence';
import { type Kysely, sql } from 'kysely';
import { tenantRole } from '../tenant-database.js';

/** Wishes to forget end users, and their reports. */
export const erasures: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql`
      create table erasure (
        id uuid primary key,
        number bigint generated always as identity,
        tenant_id text not null,
        end_user text not null,
        subject text not null,
        workflow_id text not null,
        dry_run boolean not null,
        status text not null default 'running',
        found jsonb,
        remaining jsonb,
        cancelled_runs integer not null default 0,
        error text not null default '',
        created_at timestamptz not null default now(),
        finished_at timestamptz,
        due_at timestamptz not null default now()
      )`.execute(db);
    await sql`create index erasure_newest on erasure (tenant_id, number desc)`.execute(db);
    await sql`create index erasure_due on erasure (due_at) where status = 'running'`.execute(db);
    await sql`
      create unique index erasure_once on erasure (tenant_id, subject, workflow_id, dry_run)
      where status = 'running'`.execute(db);
    await sql`alter table erasure enable row level security`.execute(db);
    await sql`alter table erasure force row level security`.execute(db);
    await sql`
      create policy own_tenant on erasure
      using (coalesce(current_setting('treadle.tenant', true), '') in ('', tenant_id))`.execute(db);
    await sql`
      do $$ begin
        grant select, insert, update, delete on erasure to ${sql.id(tenantRole)};
      exception when undefined_object or insufficient_privilege then null;
      end $$`.execute(db);
  },
};
