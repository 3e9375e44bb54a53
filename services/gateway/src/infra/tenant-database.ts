import { createDatabase, withDatabase } from '@treadle/persistence';
import { type Kysely, sql, type Transaction } from 'kysely';
import type { Pool } from 'pg';
import type { Database } from './database.js';

/** Has no power of its own: policies hold for it. */
export const tenantRole = 'treadle_tenant';

/** The gateway's tables: all of them, or behind the wall of one organisation. */
export class TenantDatabase {
  /** For credentials, which are looked up before anybody knows whose they are, and for what belongs to no organisation. */
  readonly everything: Kysely<Database>;
  private passesPolicies: Promise<boolean> | undefined;

  constructor(pool: Pool) {
    this.everything = createDatabase<Database>(pool);
  }

  /** Runs in one transaction whose statements see rows of this organisation only. */
  async within<T>(tenantId: string, work: (db: Transaction<Database>) => Promise<T>): Promise<T> {
    return withDatabase(async () => {
      const passes = await this.passes();
      return this.everything.transaction().execute(async (transaction) => {
        const role = passes ? sql`, set_config('role', ${tenantRole}, true)` : sql``;
        await sql`select set_config('treadle.tenant', ${tenantId}, true)${role}`.execute(transaction);
        return work(transaction);
      });
    });
  }

  private passes(): Promise<boolean> {
    const asked = (this.passesPolicies ??= passesPolicies(this.everything));
    asked.catch(() => (this.passesPolicies = undefined));
    return asked;
  }
}

async function passesPolicies(db: Kysely<Database>): Promise<boolean> {
  const { rows } = await sql<{ passes: boolean }>`
    select rolsuper or rolbypassrls as passes from pg_roles where rolname = current_user`.execute(db);
  return rows[0]?.passes ?? false;
}
