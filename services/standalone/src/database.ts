import { join } from 'node:path';
import { startEmbeddedPostgres } from '@treadle/embedded-postgres';

/** A PostgreSQL to use: the given one, or our own. */
export interface DatabaseServer {
  readonly connectionString: string;
  stop(): Promise<void>;
}

/** Starts the embedded PostgreSQL below the data folder, unless an address is given. */
export async function openDatabase(given: string | undefined, dataDir: string): Promise<DatabaseServer> {
  if (given) return { connectionString: given, stop: () => Promise.resolve() };
  return startEmbeddedPostgres({ dataDir: join(dataDir, 'postgres') });
}
