import type { Migration } from '@treadle/persistence';
import { type Kysely, sql } from 'kysely';

/** What is known of uploaded files; their content is in the file store. */
export const files: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql`
      create table files (
        id uuid primary key,
        tenant_id text not null,
        name text not null,
        extension text not null,
        media_type text not null,
        kind text not null,
        bytes bigint not null,
        sha256 text not null,
        created_at timestamptz not null
      )`.execute(db);
    await sql`create index files_by_tenant on files (tenant_id, id)`.execute(db);
  },
};
