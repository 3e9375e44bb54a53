import type { Migration } from '@treadle/persistence';
import { sql } from 'kysely';

/** What the vector store has not confirmed yet, and rebuilds of its copies. Debts name nothing by reference: they outlive what they are about. */
export const upkeepTables: Migration = {
  up: async (db) => {
    await sql`
      create index on point (index_id, chunk_id);
      create table store_debt (
        id bigint generated always as identity primary key,
        tenant_id text not null,
        dataset_id uuid not null,
        index_id uuid not null,
        document_id uuid,
        embedding_provider text not null,
        embedding_model text not null,
        dimensions integer not null,
        attempts integer not null default 0,
        due_at timestamptz not null,
        created_at timestamptz not null default now()
      );
      create index on store_debt (due_at);
      create table store_rebuild (
        id uuid primary key default gen_random_uuid(),
        embedding_provider text not null,
        embedding_model text not null,
        dimensions integer not null,
        generation text not null default '',
        status text not null default 'running',
        phase text not null default 'filling',
        points integer not null default 0,
        points_total integer not null default 0,
        report text not null default '',
        fence bigint not null default 0,
        attempts integer not null default 0,
        due_at timestamptz not null default now(),
        created_at timestamptz not null default now(),
        finished_at timestamptz
      );
      create unique index on store_rebuild (embedding_provider, embedding_model, dimensions) where status = 'running';
      create table store_rebuild_index (
        rebuild_id uuid not null references store_rebuild on delete cascade,
        index_id uuid not null,
        since bigint not null,
        after text not null default '',
        filled boolean not null default false,
        primary key (rebuild_id, index_id)
      )`.execute(db);
  },
};
