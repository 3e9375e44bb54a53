import { migrationOf } from '@treadle/persistence';
import { sql } from 'kysely';

/** Whether a provider promises to bill requests under one key once. Saying so is the administrator's: none is believed to by itself. */
export const mergedRepeats = migrationOf(
  sql`alter table provider add column merges_repeats boolean not null default false`,
);
