import type { Migration } from '@treadle/persistence';
import { sql } from 'kysely';

/**
 * A dataset has indexes, of which one serves; a new one is built beside it and takes over in one transaction. Chunks and points belong to an
 * index. An index counts its commits, so that whoever holds a copy reads what has changed since.
 */
export const datasetTables: Migration = {
  up: async (db) => {
    await sql`
      create table dataset (
        id uuid primary key default gen_random_uuid(),
        tenant_id text not null,
        name text not null,
        description text not null,
        embedding_provider text not null,
        embedding_model text not null,
        chunking jsonb not null,
        search jsonb not null,
        metadata_fields jsonb not null,
        serving_index uuid not null,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        unique (tenant_id, name)
      );
      create table dataset_index (
        id uuid primary key,
        tenant_id text not null,
        dataset_id uuid not null references dataset on delete cascade,
        embedding_provider text not null,
        embedding_model text not null,
        dimensions integer not null default 0,
        chunking jsonb not null,
        copied_from uuid,
        revision bigint not null default 0,
        forgotten_revision bigint not null default 0,
        created_at timestamptz not null default now()
      );
      create index on dataset_index (dataset_id);
      create table document (
        id uuid primary key default gen_random_uuid(),
        tenant_id text not null,
        dataset_id uuid not null references dataset on delete cascade,
        name text not null,
        source text not null,
        source_name text not null,
        metadata jsonb not null,
        enabled boolean not null default true,
        archived boolean not null default false,
        characters integer not null,
        version integer not null default 1,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now()
      );
      create index on document (tenant_id, dataset_id, created_at desc, id);
      create table document_part (
        document_id uuid not null references document on delete cascade,
        part integer not null,
        content text not null,
        primary key (document_id, part)
      )`.execute(db);
  },
};
