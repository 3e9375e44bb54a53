import type { Commit } from '../../domain/runs/run-journal.js';
import { appendPart } from './append-part.js';

/** A run's row, with its first decision; refused when its start key is taken. */
export const startPart = appendPart<NonNullable<Commit['start']>>({
  name: 'start',
  rows: ({ start }) => (start ? [start] : []),
  columns: {
    run_id: { type: 'uuid', value: ({ facts }) => facts.id },
    tenant_id: { type: 'text', value: ({ facts }) => facts.tenantId },
    workflow_id: { type: 'uuid', value: ({ facts }) => facts.workflowId },
    version: { type: 'int', value: ({ facts }) => facts.version },
    conversation_id: { type: 'text', value: ({ facts }) => facts.conversationId },
    turn: { type: 'int', value: ({ facts }) => facts.turn },
    end_user: { type: 'text', value: ({ facts }) => facts.user },
    traceparent: { type: 'text', value: ({ facts }) => facts.traceparent },
    origin_run_id: { type: 'uuid', value: ({ facts }) => facts.origin?.run ?? null },
    origin_kind: { type: 'text', value: ({ facts }) => facts.origin?.kind ?? null },
    key: { type: 'text', value: ({ key }) => key?.key ?? null },
    request_hash: { type: 'text', value: ({ key }) => key?.requestHash ?? null },
  },
  before: `claimed as (
    insert into start_keys (tenant_id, key, request_hash, run_id, created_at)
    select s.tenant_id, s.key, s.request_hash, s.run_id, f.at from start s join fenced f using (run_id) where s.key is not null
    on conflict do nothing returning run_id
  )`,
  guard: `not exists (
    select from start s where s.run_id = f.run_id and s.key is not null and s.run_id not in (select run_id from claimed)
  )`,
  after: `started as (
    insert into runs (id, tenant_id, workflow_id, version, partition, status, created_at, finished_at, conversation_id,
      turn, end_user, traceparent, input_tokens, output_tokens, failure, wake_at,
      origin_run_id, origin_kind)
    select s.run_id, s.tenant_id, s.workflow_id, s.version, f.partition, p.status, f.at, p.finished_at, s.conversation_id,
      s.turn, s.end_user, s.traceparent, p.input_tokens, p.output_tokens, p.failure, p.wake_at,
      s.origin_run_id, s.origin_kind
    from start s join written using (run_id) join fenced f using (run_id) join progress p using (run_id)
  )`,
});
