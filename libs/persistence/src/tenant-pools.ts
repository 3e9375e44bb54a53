import type { Pool, PoolClient, QueryResult } from 'pg';
import { type WalledPool, walledPoolOf } from './walled-pool.js';

/** What statements that are written as text need of a pool. */
export interface Connections {
  connect(): Promise<PoolClient>;
  query<Row extends object>(statement: string, values?: unknown[]): Promise<QueryResult<Row>>;
}

/** As `TenantTables`, for statements that are written as text: a service's connections, or those of one tenant behind row-level security. */
export class TenantPools {
  private readonly walled: WalledPool;

  /** @param all For what belongs to no tenant, or to many at once. */
  constructor(readonly all: Pool) {
    this.walled = walledPoolOf(all);
  }

  /** Sees the rows of one tenant. */
  of(tenantId: string): Connections {
    const connect = () => this.walled.connect(tenantId);
    return { connect, query: async (statement, values) => queryOnce(await connect(), statement, values) };
  }
}

async function queryOnce<Row extends object>(client: PoolClient, statement: string, values: unknown[] = []) {
  try {
    const result = await client.query<Row>(statement, values);
    client.release();
    return result;
  } catch (error) {
    // As a pool does: the statement may still be running.
    client.release(true);
    throw error;
  }
}
