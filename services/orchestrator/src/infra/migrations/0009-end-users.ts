import type { Migration } from '@treadle/persistence';
import { type Kysely, sql } from 'kysely';

/** Whose a file is, what a turn was given, and what end users think of what runs have given them. */
export const endUsers: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql`alter table files add column end_user text not null default ''`.execute(db);
    await sql`alter table messages add column inputs text, add column files text, add column error text`.execute(db);
    await sql`
      create table feedback (
        run_id uuid primary key references runs (id) on delete cascade,
        tenant_id text not null,
        workflow_id uuid not null,
        conversation_id text not null,
        end_user text not null,
        rating text not null,
        content text not null,
        created_at timestamptz not null,
        updated_at timestamptz not null
      )`.execute(db);
    await sql`create index feedback_by_workflow on feedback (tenant_id, workflow_id, created_at)`.execute(db);
  },
};
