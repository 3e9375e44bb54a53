import type { Migration } from '@treadle/persistence';
import { type Kysely, sql } from 'kysely';
import { tenantRole } from '../tenant-database.js';

/** Whom callers name when they ask an app. Behind the wall of their organisation, as all that belongs to one. */
export const endUsers: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql`
      create table end_user (
        id uuid primary key,
        tenant_id text not null,
        workflow_id text not null,
        name text not null,
        created_at timestamptz not null default now()
      )`.execute(db);
    await sql`create index end_user_by_name on end_user (tenant_id, workflow_id, name)`.execute(db);
    await sql`alter table end_user enable row level security`.execute(db);
    await sql`alter table end_user force row level security`.execute(db);
    await sql`
      create policy own_tenant on end_user
      using (coalesce(current_setting('treadle.tenant', true), '') in ('', tenant_id))`.execute(db);
    // Where there is no such role the service's own user is no superuser, and the policy holds for it.
    await sql`
      do $$ begin
        grant select, insert, update, delete on end_user to ${sql.id(tenantRole)};
      exception when undefined_object or insufficient_privilege then null;
      end $$`.execute(db);
  },
};
