import { isTerminal, type RunState } from '@treadle/engine';
import { fitsType } from '@treadle/nodes';
import type { JsonObject, Plan } from '@treadle/workflow';
import type { BegunTurn, EndedTurn, RunFacts } from '../runs/run-journal.js';

const nameLength = 60;

/** The first turn of a new conversation, which is named by the beginning of its query. */
export function firstTurn(query: string, keepSeconds: number | undefined): BegunTurn {
  const words = query.trim().replace(/\s+/g, ' ');
  const name = [...words].slice(0, nameLength).join('').trimEnd() || 'New conversation';
  return { opens: { name, ...(keepSeconds === undefined ? {} : { keepSeconds }) } };
}

/** What a turn leaves in its conversation; `undefined` while it goes on, and for runs outside of one. */
export function endedTurn({ turn }: RunFacts, state: RunState): EndedTurn | undefined {
  if (turn === 0 || !isTerminal(state.status)) return undefined;
  const { query, files = [] } = state.scopes.sys;
  const answer = state.outputs?.['answer'];
  return {
    status: state.status,
    query: typeof query === 'string' ? query : '',
    answer: typeof answer === 'string' ? answer : '',
    inputs: state.scopes.inputs,
    files,
    error: state.failure?.message ?? '',
    // A turn that fails or is cancelled leaves the variables as they were.
    assigned: state.status === 'completed' ? state.assigned : {},
  };
}

/** The variables a turn begins with: those the plan declares, each as it was stored, or as declared where none of its type was. */
export function variablesFor({ conversation, conversationTypes }: Plan, stored: JsonObject): JsonObject {
  const values = Object.entries(conversation).map(([name, declared]) => {
    const value = Object.hasOwn(stored, name) ? stored[name] : undefined;
    const fits = value !== undefined && fitsType(conversationTypes[name] ?? 'any', value);
    return [name, fits ? value : declared] as const;
  });
  return Object.fromEntries(values);
}
