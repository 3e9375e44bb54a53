import type { Migration } from '@treadle/persistence';
import { type Kysely, sql } from 'kysely';

/** A run stays while another one continues it, whose values it holds. Runs that lost their origin before are left as they are. */
export const keptOrigins: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql`alter table runs add constraint runs_origin foreign key (origin_run_id) references runs (id) not valid`.execute(
      db,
    );
  },
};
