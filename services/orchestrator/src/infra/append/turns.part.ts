import type { BegunTurn, Commit, EndedTurn, RunFacts } from '../../domain/runs/run-journal.js';
import { appendPart, moment } from './append-part.js';

/** A turn that is accepted, one that is over, or one that is both at once. */
interface TurnRow {
  readonly facts: RunFacts;
  readonly begun?: BegunTurn;
  readonly ended?: EndedTurn;
}

/**
 * Opens conversations, counts the turns of others, and keeps what was said. A conversation that was deleted takes nothing: its
 * row is changed first, which waits for whoever deletes it. One update serves all rows of a conversation, because a statement
 * can change a row only once. Leaves `conversations_there` (`id`).
 */
export const turnsPart = appendPart<TurnRow>({
  name: 'turns',
  rows: turnsOf,
  columns: {
    run_id: { type: 'uuid', value: ({ facts }) => facts.id },
    conversation_id: { type: 'uuid', value: ({ facts }) => facts.conversationId },
    turn: { type: 'int', value: ({ facts }) => facts.turn },
    tenant_id: { type: 'text', value: ({ facts }) => facts.tenantId },
    workflow_id: { type: 'uuid', value: ({ facts }) => facts.workflowId },
    end_user: { type: 'text', value: ({ facts }) => facts.user },
    created_at: { type: 'timestamptz', value: ({ facts }) => moment(facts.createdAt) },
    name: { type: 'text', value: ({ begun }) => storable(begun?.opens?.name) },
    keep_seconds: { type: 'float8', value: ({ begun }) => begun?.opens?.keepSeconds ?? null },
    status: { type: 'text', value: ({ ended }) => ended?.status ?? null },
    query: { type: 'text', value: ({ ended }) => storable(ended?.query) },
    answer: { type: 'text', value: ({ ended }) => storable(ended?.answer) },
    inputs: { type: 'text', value: ({ ended }) => storable(json(ended?.inputs)) },
    files: { type: 'text', value: ({ ended }) => storable(json(ended?.files)) },
    error: { type: 'text', value: ({ ended }) => storable(ended?.error) },
  },
  after: `new_conversations as (
    insert into conversations (id, tenant_id, workflow_id, end_user, name, turns, created_at, active_at, keep_seconds, expires_at)
    select t.conversation_id, t.tenant_id, t.workflow_id, t.end_user, t.name, t.turn, f.at, f.at, t.keep_seconds,
      f.at + make_interval(secs => t.keep_seconds)
    from turns t join written using (run_id) join fenced f using (run_id) where t.name is not null
    returning id
  ), old_conversations as (
    update conversations c set turns = greatest(c.turns, n.turn), active_at = greatest(c.active_at, n.at),
      expires_at = greatest(c.active_at, n.at) + make_interval(secs => c.keep_seconds)
    from (
      select t.conversation_id, max(t.turn) as turn, max(f.at) as at
      from turns t join written using (run_id) join fenced f using (run_id) where t.name is null group by t.conversation_id
    ) n
    where c.id = n.conversation_id returning c.id
  ), conversations_there as (
    select id from new_conversations union all select id from old_conversations
  ), new_messages as (
    insert into messages (conversation_id, turn, run_id, status, query, answer, created_at, inputs, files, error)
    select t.conversation_id, t.turn, t.run_id, t.status, t.query, t.answer, t.created_at, t.inputs, t.files, t.error
    from turns t join written using (run_id) join conversations_there l on l.id = t.conversation_id where t.status is not null
  )`,
});

function turnsOf({ start, ended }: Commit): TurnRow[] {
  const facts = start?.turn ? start.facts : ended?.facts;
  if (!facts) return [];
  return [{ facts, ...(start?.turn ? { begun: start.turn } : {}), ...(ended ? { ended: ended.turn } : {}) }];
}

function json(value: unknown): string | undefined {
  return value === undefined ? undefined : JSON.stringify(value);
}

/** Postgres keeps every character but this one. */
function storable(text: string | undefined): string | null {
  return text?.replaceAll('\0', '') ?? null;
}
