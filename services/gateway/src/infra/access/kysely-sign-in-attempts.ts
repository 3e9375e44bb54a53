import { withDatabase } from '@treadle/persistence';
import { sql } from 'kysely';
import type { SignInAttempts } from '../../domain/people/password-proof.js';
import type { TenantDatabase } from '../tenant-database.js';

const firstWaitSeconds = 2;
const longestWaitSeconds = 900;

export class KyselySignInAttempts implements SignInAttempts {
  constructor(private readonly database: TenantDatabase) {}

  async begin(name: string, free: number): Promise<number> {
    const db = this.database.everything;
    return withDatabase(async () => {
      // The attempt counts as failed until it has succeeded, in one statement: attempts side by side cannot pass it.
      const begun = await sql`
        insert into sign_in_attempt as known (name, failures, last_at) values (${name}, 1, now())
        on conflict (name) do update set
          failures = case when known.last_at < now() - interval '1 hour' then 1 else known.failures + 1 end,
          blocked_until = case when known.failures >= ${free} and known.last_at >= now() - interval '1 hour'
            then now() + interval '1 second' *
              least(${longestWaitSeconds}::float8, ${firstWaitSeconds} * 2 ^ least(known.failures - ${free}, 20)) end,
          last_at = now()
        where known.blocked_until is null or known.blocked_until <= now()
        returning name`.execute(db);
      if (begun.rows.length > 0) return 0;
      const { rows } = await sql<{ seconds: number }>`
        select greatest(1, ceil(extract(epoch from blocked_until - now())))::int as seconds
        from sign_in_attempt where name = ${name}`.execute(db);
      return rows[0]?.seconds ?? 1;
    });
  }

  async succeeded(forget: readonly string[], takeBack: string): Promise<void> {
    const db = this.database.everything;
    await withDatabase(async () => {
      await db.deleteFrom('sign_in_attempt').where('name', 'in', forget).execute();
      await sql`
        update sign_in_attempt set failures = greatest(failures - 1, 0), blocked_until = null
        where name = ${takeBack}`.execute(db);
    });
  }
}
