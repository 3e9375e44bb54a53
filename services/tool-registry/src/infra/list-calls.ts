import { FailureError } from '@treadle/failure';
import { type Kysely, sql } from 'kysely';
import type { CallFilter, RecordedCall } from '../domain/call-record.js';
import type { Page } from '../domain/toolset.js';
import { toRecordedCall } from './call-rows.js';
import type { Tables } from './tables.js';

/** Newest first; a page goes on where the one before ended, whatever came in the meantime. */
export async function listCalls(
  db: Kysely<Tables>,
  tenantId: string,
  filter: CallFilter,
  { cursor, limit }: Page,
): Promise<{ calls: RecordedCall[]; nextCursor: string }> {
  const after = cursor === '' ? undefined : readCursor(cursor);
  const { toolset, tool, runId, workflowId, status, from, before } = filter;
  const rows = await db
    .selectFrom('tool_call')
    .selectAll()
    .select(sql<string>`extract(epoch from started_at)::numeric(20, 6)::text`.as('moment'))
    .where('tenant_id', '=', tenantId)
    .$if(!!toolset, (some) => some.where('toolset', '=', toolset ?? ''))
    .$if(!!tool, (some) => some.where('tool', '=', tool ?? ''))
    .$if(!!runId, (some) => some.where('run_id', '=', runId ?? ''))
    .$if(!!workflowId, (some) => some.where('workflow_id', '=', workflowId ?? ''))
    .$if(status !== undefined, (some) => some.where('status', '=', status ?? 'running'))
    .$if(filter.mutatingOnly, (some) => some.where('mutating', '=', true))
    .$if(from !== undefined, (some) => some.where('started_at', '>=', from ?? new Date()))
    .$if(before !== undefined, (some) => some.where('started_at', '<', before ?? new Date()))
    .$if(after !== undefined, (some) =>
      some.where(sql<boolean>`(started_at, id) < (to_timestamp(${after?.moment}::numeric), ${after?.id}::uuid)`),
    )
    .orderBy('started_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute();
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  return { calls: rows.slice(0, limit).map(toRecordedCall), nextCursor: last ? `${last.moment}_${last.id}` : '' };
}

function readCursor(cursor: string): { moment: string; id: string } {
  const [, moment, id] = /^(\d{1,12}\.\d{6})_([0-9a-f-]{36})$/.exec(cursor) ?? [];
  if (moment && id) return { moment, id };
  throw FailureError.of('invalid_argument', 'The cursor is not one that a page gave.', { field: 'cursor' });
}
