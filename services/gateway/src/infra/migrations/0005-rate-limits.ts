import type { Migration } from '@treadle/persistence';
import { type Kysely, sql } from 'kysely';

/** How often callers may ask: what replicas count together, and what was set for one key or organisation. */
export const rateLimits: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    // Counts of a minute need not survive a crash.
    await sql`
      create unlogged table rate_lease (
        name text not null,
        window_number bigint not null,
        taken bigint not null,
        ends_at timestamptz not null,
        primary key (name, window_number)
      )`.execute(db);
    await sql`
      create table rate_override (
        scope text not null,
        id text not null,
        rates jsonb not null,
        changed_at timestamptz not null default now(),
        primary key (scope, id)
      )`.execute(db);
    await sql`create index rate_override_by_change on rate_override (changed_at)`.execute(db);
  },
};
