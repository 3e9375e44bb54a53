import { withDatabase } from '@treadle/persistence';
import type { Pool } from 'pg';
import { lookAgain } from '../domain/waiting.js';
import type { CallChain } from '../kinds/workflow/run-workflow.js';

/** No chain is followed further than this. */
const mostSteps = 20;
/** A start takes milliseconds; one that takes longer is of a process that died. */
const mostLooks = 12;

/** Which runs were started by calls of which runs, from the record of calls. */
export class PostgresCallChain implements CallChain {
  constructor(private readonly pool: Pool) {}

  async depth(tenantId: string, callId: string, runId: string, signal: AbortSignal): Promise<number> {
    if (runId === '') return 0;
    await this.untilEarlierStartsAreKnown(tenantId, callId, signal);
    const { rows } = await withDatabase(() =>
      this.pool.query<{ depth: number }>(
        `with recursive chain as (
           select run_id, 1 as depth from tool_call where tenant_id = $1 and child_run_id = $2
           union all
           select above.run_id, chain.depth + 1 from chain join tool_call above
             on above.tenant_id = $1 and above.child_run_id = chain.run_id
           where chain.run_id <> '' and chain.depth < ${mostSteps}
         )
         select coalesce(max(depth), 0)::integer as depth from chain`,
        [tenantId, runId],
      ),
    );
    return rows[0]?.depth ?? 0;
  }

  async started(tenantId: string, callId: string, runId: string): Promise<void> {
    await withDatabase(() =>
      this.pool.query('update tool_call set child_run_id = $3 where tenant_id = $1 and id = $2', [
        tenantId,
        callId,
        runId,
      ]),
    );
  }

  /** A run may call before whoever started it has written down that it did: such a start is older than this call. */
  private async untilEarlierStartsAreKnown(tenantId: string, callId: string, signal: AbortSignal): Promise<void> {
    for (let looks = 0; looks < mostLooks; looks++) {
      const { rows } = await withDatabase(() =>
        this.pool.query<{ waiting: boolean }>(
          `select exists (
             select from tool_call own join tool_call earlier
               on earlier.tenant_id = own.tenant_id and earlier.toolset = own.toolset
               and (earlier.started_at, earlier.id) < (own.started_at, own.id)
             where own.tenant_id = $1 and own.id = $2 and earlier.status = 'running'
               and earlier.child_run_id is null and owner_alive(earlier.owner)
           ) as waiting`,
          [tenantId, callId],
        ),
      );
      if (!rows[0]?.waiting) return;
      await lookAgain(looks, signal);
    }
  }
}
