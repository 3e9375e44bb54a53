import type { Migration } from '@treadle/persistence';
import { type Kysely, sql } from 'kysely';

/** Finds what is old enough to be deleted. */
export const retention: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql`create index runs_ended on runs (finished_at) where finished_at is not null`.execute(db);
    await sql`create index start_keys_by_age on start_keys (created_at)`.execute(db);
  },
};
