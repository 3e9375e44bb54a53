import { randomBytes } from 'node:crypto';
import { Client } from 'pg';

/** Where the run's global setup answers with the address of its server. */
export const testPostgresVariable = 'TREADLE_TEST_POSTGRES';

/** A database of its own for one spec file or one test. */
export interface TestDatabase {
  readonly connectionString: string;
  /** Removes the database and cuts whoever is still connected to it. */
  drop(): Promise<void>;
}

/**
 * Creates an empty database on the run's PostgreSQL, or on the server of `TEST_DATABASE_URL` if that is set.
 * The run's server is started by the first call and has `fsync` off: it proves nothing about durability.
 * @param template a database to copy, such as one already migrated. Nobody may be connected to it.
 */
export async function testDatabase(template = 'template1'): Promise<TestDatabase> {
  const server = await serverAddress();
  const name = `spec_${randomBytes(6).toString('hex')}`;
  await execute(server, `create database ${name} template ${template}`);
  return {
    connectionString: server.replace(/^([a-z]+:\/\/[^/?]*)\/?[^?]*/, `$1/${name}`),
    drop: () => execute(server, `drop database if exists ${name} with (force)`),
  };
}

async function serverAddress(): Promise<string> {
  if (process.env.TEST_DATABASE_URL) return process.env.TEST_DATABASE_URL;
  const broker = process.env[testPostgresVariable];
  if (!broker) {
    throw new Error(
      'testDatabase() serves contract, integration and e2e specs run by vitest; elsewhere set TEST_DATABASE_URL.',
    );
  }
  const answer = await fetch(broker);
  const text = await answer.text();
  if (!answer.ok) throw new Error(`The PostgreSQL for the specs did not start: ${text}`);
  return text;
}

async function execute(server: string, statement: string): Promise<void> {
  const client = new Client(server);
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
