import { type Migration, ownTenant, wallTenants } from '@treadle/persistence';
import { type Kysely, sql } from 'kysely';

/** How long each tenant's things are kept, where it is not what the installation says. */
export const retentionByTenant: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql`
      create table retention (
        tenant_id text primary key,
        run_days integer check (run_days >= 0),
        conversation_days integer check (conversation_days >= 0),
        file_days integer check (file_days >= 0),
        updated_at timestamptz not null default now()
      )`.execute(db);
    await sql`create index files_by_age on files (tenant_id, created_at)`.execute(db);
    await wallTenants(db, { retention: ownTenant });
  },
};
