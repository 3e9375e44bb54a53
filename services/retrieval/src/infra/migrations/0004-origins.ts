import type { Migration } from '@treadle/persistence';
import { sql } from 'kysely';

/**
 * Each version of a document has an origin and a text of its own, so that the text that serves stays until the new one does. Work begins with
 * reading, and tells whose it is, so that tenants take turns.
 */
export const originTables: Migration = {
  up: async (db) => {
    await sql`
      create table document_version (
        document_id uuid not null references document on delete cascade,
        version integer not null,
        source text not null,
        source_name text not null,
        file_id text not null default '',
        media_type text not null default '',
        is_read boolean not null,
        primary key (document_id, version)
      );
      insert into document_version (document_id, version, source, source_name, is_read)
        select id, version, source, source_name, true from document;
      alter table document_part add column version integer not null default 1;
      update document_part p set version = d.version from document d where d.id = p.document_id;
      alter table document_part alter column version drop default;
      alter table document_part drop constraint document_part_pkey;
      alter table document_part add primary key (document_id, version, part);
      alter table document_part add foreign key (document_id, version) references document_version on delete cascade;
      alter table document_work add column error_code text not null default '';
      alter table document_work add column held boolean not null default false;
      update document_work set status = 'error', error_code = 'internal' where status = 'failed';
      drop index document_work_due_at_idx;
      create index on document_work (due_at) where status in ('waiting', 'extracting', 'splitting', 'indexing');
      create index on document_work (tenant_id, due_at) where status in ('waiting', 'extracting', 'splitting', 'indexing');
      create index on document_work (tenant_id) where held;
      create index document_work_of_tenant on document_work (tenant_id)`.execute(db);
  },
};
