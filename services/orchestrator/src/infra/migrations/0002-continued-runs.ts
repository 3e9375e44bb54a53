import type { Migration } from '@treadle/persistence';
import { type Kysely, sql } from 'kysely';

/** Which run a run continues, and how. */
export const continuedRuns: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql`alter table runs add column origin_run_id uuid, add column origin_kind text`.execute(db);
    await sql`create index runs_by_origin on runs (origin_run_id, id) where origin_run_id is not null`.execute(db);
  },
};
