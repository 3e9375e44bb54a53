import { withDatabase } from '@treadle/persistence';
import type { Pool } from 'pg';
import type { RunData } from '../api/run-data.controller.js';
import type { PostgresResponseCache } from './postgres-response-cache.js';

/** There is an index by time and none by run: one more would cost every call. */
const theirCalls = `tenant_id = $1 and run_id = any($2) and run_id <> '' and at >= $3`;
const clockSkewMs = 600_000;

/** What is kept of the calls of runs: what they used, and answers that may be given again. */
export class PostgresRunData implements RunData {
  constructor(
    private readonly pool: Pool,
    private readonly cache: Pick<PostgresResponseCache, 'forget'>,
  ) {}

  async count(tenantId: string, runIds: readonly string[]): Promise<number> {
    const text = `select count(*)::int as calls from usage_ledger where ${theirCalls}`;
    const values = [tenantId, runIds, startOf(runIds)];
    const { rows } = await withDatabase(() => this.pool.query<{ calls: number }>(text, values));
    return rows[0]?.calls ?? 0;
  }

  async unlink(tenantId: string, runIds: readonly string[]): Promise<void> {
    const text = `update usage_ledger set run_id = '', node_key = '', idempotency_key = ''
      where ${theirCalls}`;
    await withDatabase(() => this.pool.query(text, [tenantId, runIds, startOf(runIds)]));
    await this.cache.forget(tenantId);
  }
}

/** The ids of runs begin with the moment at which they were made, in milliseconds as twelve hexadecimal digits (UUID version 7). */
function startOf(runIds: readonly string[]): Date {
  const moments = runIds.map((id) => Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16) || 0);
  return new Date(Math.max(0, Math.min(...moments) - clockSkewMs));
}
