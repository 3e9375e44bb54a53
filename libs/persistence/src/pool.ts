import { Kysely, PostgresDialect } from 'kysely';
import { Pool, TypeOverrides, types } from 'pg';

/** Where a pool reports lost connections. A pino logger is one. */
export interface PoolLog {
  warn(facts: object, message: string): void;
}

export interface PoolOptions {
  /** The service's own Postgres schema: the search path of every connection, so that SQL needs no prefixes. */
  readonly schema: string;
  readonly log?: PoolLog;
  /** Connections at most. Default 10. */
  readonly max?: number;
  /** How long a caller waits for a connection, in milliseconds. Default 5,000. */
  readonly connectionTimeoutMs?: number;
  /** How long one statement may take, in milliseconds; 0 means for ever. Default 30,000. */
  readonly statementTimeoutMs?: number;
}

/** The client waits a little longer than the server works, so the server's own answer wins unless the network is dead. */
const networkGraceMs = 5_000;
const int8 = 20;
const int8Array: number = 1016;

/**
 * A pool whose waits are all bounded and which survives a restart of the server. `int8` arrives as a number, exact up to 2^53.
 * The caller ends it.
 */
export function createPool(connectionString: string, options: PoolOptions): Pool {
  const statementTimeoutMs = options.statementTimeoutMs ?? 30_000;
  const pool = new Pool({
    connectionString,
    application_name: `treadle-${options.schema}`,
    options: `-c search_path=${options.schema}`,
    max: options.max ?? 10,
    connectionTimeoutMillis: options.connectionTimeoutMs ?? 5_000,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs === 0 ? 0 : statementTimeoutMs + networkGraceMs,
    idle_in_transaction_session_timeout: 60_000,
    types: numbersForInt8(),
  });
  // An error event without a listener ends the process, and the pool listens to a connection only while it is idle.
  pool.on('connect', (client) => {
    client.on('error', (error) =>
      options.log?.warn({ err: error, schema: options.schema }, 'lost a database connection'),
    );
  });
  pool.on('error', () => {});
  return pool;
}

/** Typed SQL on a pool. The pool stays the caller's to end. */
export function createDatabase<Tables>(pool: Pool): Kysely<Tables> {
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
}

function numbersForInt8(): TypeOverrides {
  const overrides = new TypeOverrides();
  const parseArray = types.getTypeParser(int8Array) as (text: string) => (string | null)[];
  overrides.setTypeParser(int8, Number);
  overrides.setTypeParser(int8Array, (text: string) =>
    parseArray(text).map((item) => (item === null ? null : Number(item))),
  );
  return overrides;
}
