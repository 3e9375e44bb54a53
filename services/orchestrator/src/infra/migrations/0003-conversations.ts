import type { Migration } from '@treadle/persistence';
import { type Kysely, sql } from 'kysely';

/** Conversations with what was said in them and their variables; the place of a run among its conversation's runs. */
export const conversations: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql`alter table runs add column turn integer not null default 0`.execute(db);
    await sql`create unique index runs_by_turn on runs (conversation_id, turn) where turn > 0`.execute(db);
    await sql`
      create index turns_under_way on runs (conversation_id, turn)
      where turn > 0 and status in ('pending', 'running')`.execute(db);
    await createConversations(db);
    await sql`
      create table messages (
        conversation_id uuid not null references conversations (id) on delete cascade,
        turn integer not null,
        run_id uuid not null,
        status text not null,
        query text not null,
        answer text not null,
        created_at timestamptz not null,
        primary key (conversation_id, turn)
      )`.execute(db);
    // A row for each variable, so that turns that end at once merge what they assigned.
    await sql`
      create table conversation_variables (
        conversation_id uuid not null references conversations (id) on delete cascade,
        name text not null,
        value text not null,
        primary key (conversation_id, name)
      )`.execute(db);
  },
};

async function createConversations(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table conversations (
      id uuid primary key,
      tenant_id text not null,
      workflow_id uuid not null,
      end_user text not null,
      name text not null,
      turns integer not null,
      created_at timestamptz not null,
      active_at timestamptz not null,
      keep_seconds double precision,
      expires_at timestamptz
    )`.execute(db);
  await sql`create index conversations_by_tenant on conversations (tenant_id, active_at, id)`.execute(db);
  await sql`create index conversations_by_workflow on conversations (workflow_id, active_at, id)`.execute(db);
  await sql`create index conversations_by_user on conversations (tenant_id, end_user, active_at, id)`.execute(db);
  await sql`create index conversations_expiring on conversations (expires_at) where expires_at is not null`.execute(db);
}
