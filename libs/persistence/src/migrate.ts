import { Kysely, PostgresDialect, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { Pool } from 'pg';
import { asUnavailable } from './unavailable.js';

export type { Migration } from 'kysely/migration';

/** By name; they run in the order of their names, so names begin with a number: `0001-runs`. A name is never changed. */
export type Migrations = Readonly<Record<string, Migration>>;

/**
 * Brings a service's schema up to date, creating it if absent; its list of applied migrations is kept inside it.
 * Everything pending is applied in one transaction under an advisory lock, so any number of processes may start at once.
 * @returns the names applied by this call.
 * @throws FailureError `unavailable` when the database is away; what a migration threw otherwise.
 */
export async function migrate(pool: Pool, schema: string, migrations: Migrations): Promise<string[]> {
  // Without the pool's time limits: waiting for another process's migration is no trouble.
  const patient = new Pool({ ...pool.options, max: 2, statement_timeout: 0, query_timeout: 0 });
  patient.on('error', () => {});
  // An error event without a listener ends the process, and the pool listens to a connection only while it is idle.
  patient.on('connect', (client) => client.on('error', () => {}));
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: patient }) });
  try {
    const migrator = new Migrator({
      db,
      migrationTableSchema: schema,
      migrationTableName: 'migration',
      migrationLockTableName: 'migration_lock',
      provider: { getMigrations: async () => insideSchema(schema, migrations) },
    });
    const { error, results } = await migrator.migrateToLatest();
    if (error !== undefined) throw asUnavailable(error);
    return (results ?? []).map((result) => result.migrationName);
  } finally {
    await patient.end();
  }
}

/** Whatever search path the caller's connections have, unprefixed names in a migration mean the service's schema. */
function insideSchema(schema: string, migrations: Migrations): Record<string, Migration> {
  const inside = (migration: Migration): Migration => ({
    up: async (db: Kysely<unknown>) => {
      await sql`set local search_path to ${sql.id(schema)}`.execute(db);
      await migration.up(db);
    },
  });
  return Object.fromEntries(Object.entries(migrations).map(([name, migration]) => [name, inside(migration)]));
}
