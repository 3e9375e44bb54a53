import type { Migration } from '@treadle/persistence';
import type { RawBuilder } from 'kysely';

/** A migration that is its SQL. */
export function migrationOf(statements: RawBuilder<unknown>): Migration {
  return {
    up: async (db) => {
      await statements.execute(db);
    },
  };
}
