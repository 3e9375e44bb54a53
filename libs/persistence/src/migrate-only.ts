import { boolean, defineConfig, secretUrl } from '@treadle/config';
import { type Migrations, migrate } from './migrate.js';
import { createPool, type PoolLog } from './pool.js';

/** What a process reads that brings a schema up to date and does nothing else. */
export const migrateOnlyConfig = defineConfig({
  only: boolean({
    env: 'TREADLE_MIGRATE_ONLY',
    default: false,
    meaning: 'Brings the schema of the service up to date and ends, instead of serving.',
  }),
});

const databaseConfig = defineConfig({
  url: secretUrl({
    env: 'DATABASE_URL',
    schemes: ['postgres', 'postgresql'],
    meaning: 'The PostgreSQL (15 or newer) whose schema is brought up to date.',
  }),
});

interface MigrationLog extends PoolLog {
  info(facts: object, message: string): void;
}

/**
 * What a service asks first when it starts, before it needs any other setting.
 * @returns whether migrating was all there was to do, and it is done.
 * @throws FailureError `unavailable` when the database is away: whoever started the process starts it again.
 */
export async function migratedOnly(schema: string, migrations: Migrations, log: MigrationLog): Promise<boolean> {
  if (!migrateOnlyConfig.read().only) return false;
  const pool = createPool(databaseConfig.read().url.reveal(), { schema, log, max: 2 });
  try {
    const applied = await migrate(pool, schema, migrations);
    log.info({ schema, applied }, applied.length > 0 ? 'The schema is up to date.' : 'The schema was up to date.');
  } finally {
    await pool.end();
  }
  return true;
}
