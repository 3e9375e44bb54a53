import { type Migration, ownTenant, wallTenants } from '@treadle/persistence';
import { type Kysely, sql } from 'kysely';

/** Finds what is an end user's, and remembers runs that were erased while executors may have been at work for them. */
export const erasure: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql`create index runs_by_user on runs (tenant_id, end_user) where end_user <> ''`.execute(db);
    await sql`create index files_by_user on files (tenant_id, end_user) where end_user <> ''`.execute(db);
    await sql`
      create table erased_runs (
        run_id uuid primary key,
        tenant_id text not null,
        times integer not null default 0,
        due_at timestamptz not null
      )`.execute(db);
    await sql`create index erased_runs_due on erased_runs (due_at)`.execute(db);
    await wallTenants(db, { erased_runs: ownTenant });
  },
};
