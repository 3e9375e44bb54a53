import type { Migration } from '@treadle/persistence';
import { sql } from 'kysely';

/** A document may be cut another way than its dataset says. */
export const documentChunking: Migration = {
  up: async (db) => {
    await sql`alter table document add column chunking jsonb`.execute(db);
  },
};
