import type { Commit } from '../../domain/runs/run-journal.js';
import { appendPart } from './append-part.js';

interface VariableRow {
  readonly runId: string;
  readonly conversationId: string;
  readonly turn: number;
  readonly name: string;
  readonly valueJson: string;
}

/** New values of conversations' variables; of two turns that end together the later one's counts. Follows `turns`. */
export const variablesPart = appendPart<VariableRow>({
  name: 'variables',
  rows: variablesOf,
  columns: {
    run_id: { type: 'uuid', value: ({ runId }) => runId },
    conversation_id: { type: 'uuid', value: ({ conversationId }) => conversationId },
    turn: { type: 'int', value: ({ turn }) => turn },
    name: { type: 'text', value: ({ name }) => name },
    value: { type: 'text', value: ({ valueJson }) => valueJson },
  },
  after: `kept_variables as (
    insert into conversation_variables (conversation_id, name, value)
    select distinct on (v.conversation_id, v.name) v.conversation_id, v.name, v.value
    from variables v join written using (run_id) join conversations_there l on l.id = v.conversation_id
    order by v.conversation_id, v.name, v.turn desc
    on conflict (conversation_id, name) do update set value = excluded.value
  )`,
});

function variablesOf({ ended }: Commit): VariableRow[] {
  if (!ended) return [];
  const { id, conversationId, turn } = ended.facts;
  return Object.entries(ended.turn.assigned).map(([name, value]) => ({
    runId: id,
    conversationId,
    turn,
    name,
    valueJson: JSON.stringify(value),
  }));
}
