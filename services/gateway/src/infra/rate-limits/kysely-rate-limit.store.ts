import { withDatabase } from '@treadle/persistence';
import { sql } from 'kysely';
import type { LeaseStore, Want } from '../../domain/rate-limits/leased-counters.js';
import type { Rates } from '../../domain/rate-limits/rate-limit.js';
import type { Override, OverrideScope, OverrideStore } from '../../domain/rate-limits/rate-limits.js';
import type { TenantDatabase } from '../tenant-database.js';

export class KyselyRateLimitStore implements LeaseStore, OverrideStore {
  constructor(private readonly database: TenantDatabase) {}

  async take(wants: readonly Want[]): Promise<readonly number[]> {
    // In the order of names, so that two replicas never wait for each other's rows.
    const sorted = [...wants].sort((a, b) => (a.name < b.name ? -1 : 1));
    const { rows } = await sql<{ name: string; taken: string }>`
      insert into rate_lease as known (name, window_number, taken, ends_at)
      select name, window_number, amount, to_timestamp(ends_at / 1000.0)
      from unnest(
        ${sorted.map(({ name }) => name)}::text[],
        ${sorted.map(({ window }) => window)}::bigint[],
        ${sorted.map(({ amount }) => amount)}::bigint[],
        ${sorted.map(({ endsAtMs }) => endsAtMs)}::float8[]
      ) as wanted (name, window_number, amount, ends_at)
      on conflict (name, window_number) do update set taken = known.taken + excluded.taken
      returning name, taken`.execute(this.database.everything);
    const taken = new Map(rows.map((row) => [row.name, Number(row.taken)]));
    return wants.map(({ name, amount }) => taken.get(name) ?? amount);
  }

  /** Forgets the counts of windows that are over. */
  async purge(): Promise<void> {
    const { everything } = this.database;
    await withDatabase(() =>
      sql`delete from rate_lease where ends_at < now() - interval '1 minute'`.execute(everything),
    );
  }

  async changedSince(moment: Date | undefined): Promise<{ overrides: readonly Override[]; until: Date }> {
    const { everything } = this.database;
    // A transaction may end after a later one began: the last minute is read again.
    const { rows } = await withDatabase(() =>
      sql<Override & { until: Date }>`
        select scope, id, rates from rate_override
        where changed_at > ${moment ?? null}::timestamptz - interval '1 minute' or ${moment ?? null}::timestamptz is null`.execute(
        everything,
      ),
    );
    return { overrides: rows, until: new Date() };
  }

  async get(scope: OverrideScope, id: string): Promise<Rates> {
    const { everything } = this.database;
    const found = await withDatabase(() =>
      everything
        .selectFrom('rate_override')
        .select('rates')
        .where('scope', '=', scope)
        .where('id', '=', id)
        .executeTakeFirst(),
    );
    return found?.rates ?? {};
  }

  async set(scope: OverrideScope, id: string, rates: Rates): Promise<void> {
    const { everything } = this.database;
    await withDatabase(() =>
      sql`
        insert into rate_override (scope, id, rates) values (${scope}, ${id}, ${JSON.stringify(rates)})
        on conflict (scope, id) do update set rates = excluded.rates, changed_at = now()`.execute(everything),
    );
  }
}
