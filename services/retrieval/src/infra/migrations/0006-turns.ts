import type { Migration } from '@treadle/persistence';
import { sql } from 'kysely';

/** When work was last taken, so that tenants take turns. */
export const turnColumns: Migration = {
  up: async (db) => {
    await sql`
      alter table document_work add column taken_at timestamptz;
      drop index document_work_of_tenant;
      create index on document_work (tenant_id, taken_at)`.execute(db);
  },
};
