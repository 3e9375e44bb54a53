import type { Migration } from '@treadle/persistence';
import { sql } from 'kysely';

/** Chunks of each index with their points, and which points are gone, for those who hold a copy. */
export const chunkTables: Migration = {
  up: async (db) => {
    await sql`
      create table chunk (
        id uuid primary key,
        tenant_id text not null,
        dataset_id uuid not null,
        index_id uuid not null references dataset_index on delete cascade,
        document_id uuid not null references document on delete cascade,
        document_version integer not null,
        position integer not null,
        parent_id uuid,
        is_parent boolean not null default false,
        content text not null,
        answer text not null default '',
        keywords text[] not null default '{}',
        enabled boolean not null default true,
        live boolean not null default false,
        words tsvector not null
      );
      create unique index on chunk (index_id, document_id, document_version, position);
      create index on chunk (parent_id) where parent_id is not null;
      create index on chunk using gin (words);
      create table point (
        chunk_id uuid primary key references chunk on delete cascade,
        index_id uuid not null references dataset_index on delete cascade,
        document_id uuid not null,
        revision bigint not null default 0,
        version integer not null default 1,
        dense bytea not null,
        sparse bytea not null
      );
      alter table point alter column dense set storage external;
      create index on point (index_id, revision, chunk_id);
      create index on point (document_id);
      create table removed_point (
        index_id uuid not null references dataset_index on delete cascade,
        revision bigint not null,
        chunk_id uuid not null,
        removed_at timestamptz not null default now(),
        primary key (index_id, revision, chunk_id)
      )`.execute(db);
  },
};
