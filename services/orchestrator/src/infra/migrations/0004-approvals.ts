import type { Migration } from '@treadle/persistence';
import { type Kysely, sql } from 'kysely';

/** What runs ask people. */
export const approvals: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql`
      create table approvals (
        token text primary key,
        number bigint generated always as identity,
        tenant_id text not null,
        workflow_id uuid not null,
        run_id uuid not null,
        node_key text not null,
        title text not null,
        form text not null,
        due_at timestamptz,
        created_at timestamptz not null,
        status text not null default 'pending',
        action text,
        field_values text,
        answered_by text,
        answered_at timestamptz,
        unique (run_id, node_key)
      )`.execute(db);
    await sql`create index approvals_by_tenant on approvals (tenant_id, status, number)`.execute(db);
  },
};
