import type { RawBuilder } from 'kysely';
import type { Migration } from './migrate.js';

/** A migration that is its SQL. */
export function migrationOf(statements: RawBuilder<unknown>): Migration {
  return {
    up: async (db) => {
      await statements.execute(db);
    },
  };
}
