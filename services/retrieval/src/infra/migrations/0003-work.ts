import type { Migration } from '@treadle/persistence';
import { sql } from 'kysely';

/** For each document and index, how far the work on it is, and who holds it. */
export const workTable: Migration = {
  up: async (db) => {
    await sql`
      create table document_work (
        index_id uuid not null references dataset_index on delete cascade,
        document_id uuid not null references document on delete cascade,
        tenant_id text not null,
        status text not null,
        error text not null default '',
        document_version integer not null,
        served_version integer not null default 0,
        next_part integer not null default 0,
        chunks_cut integer not null default 0,
        chunks_indexed integer not null default 0,
        chunks integer not null default 0,
        fence bigint not null default 0,
        attempts integer not null default 0,
        described_revision bigint not null default 0,
        due_at timestamptz not null default now(),
        primary key (index_id, document_id)
      );
      create index on document_work (due_at) where status in ('waiting', 'splitting', 'indexing');
      create index on document_work (document_id)`.execute(db);
  },
};
