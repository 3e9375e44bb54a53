import type { Migration } from '@treadle/persistence';
import { sql } from 'kysely';

/** Tags of datasets; ids of metadata fields, which stay when a field is renamed; whether fields that all documents have are shown. */
export const labelTables: Migration = {
  up: async (db) => {
    await sql`
      create table tag (
        id uuid primary key default gen_random_uuid(),
        tenant_id text not null,
        name text not null,
        created_at timestamptz not null default now(),
        unique (tenant_id, name)
      );
      create table dataset_tag (
        tag_id uuid not null references tag on delete cascade,
        dataset_id uuid not null references dataset on delete cascade,
        primary key (tag_id, dataset_id)
      );
      create index on dataset_tag (dataset_id);
      create table metadata_field (
        id uuid primary key default gen_random_uuid(),
        dataset_id uuid not null references dataset on delete cascade,
        name text not null,
        unique (dataset_id, name)
      );
      alter table dataset add column shows_built_in boolean not null default false`.execute(db);
  },
};
