import { withDatabase } from '@treadle/persistence';
import type { Pool } from 'pg';
import type { CallsOfRuns } from '../api/run-data.controller.js';

export class PostgresCallsOfRuns implements CallsOfRuns {
  constructor(private readonly pool: Pool) {}

  async find(tenantId: string, runIds: readonly string[]): Promise<{ calls: number; childRunIds: string[] }> {
    const text = `select count(*)::int as calls, coalesce(array_agg(child_run_id) filter (where child_run_id is not null), '{}') as children
      from tool_call where tenant_id = $1 and run_id = any($2) and run_id <> ''`;
    const { rows } = await withDatabase(() =>
      this.pool.query<{ calls: number; children: string[] }>(text, [tenantId, runIds]),
    );
    return { calls: rows[0]?.calls ?? 0, childRunIds: rows[0]?.children ?? [] };
  }

  async remove(tenantId: string, runIds: readonly string[]): Promise<void> {
    const text = `delete from tool_call where tenant_id = $1 and run_id = any($2) and run_id <> ''`;
    await withDatabase(() => this.pool.query(text, [tenantId, runIds]));
  }
}
