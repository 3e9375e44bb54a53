import { type Assignment, isJsonObject } from '@treadle/workflow';
import type { NodeCompleted, RunEvent, RunStarted, VariablesAssigned } from './event.js';
import type { Input } from './input.js';
import type { KeptEvent } from './kept-events.js';
import { splitKey } from './key.js';
import { nodeStateAt, type RunState } from './state.js';

/** An event of a history, with the moment it was committed, in milliseconds since the epoch. */
export interface RecordedEvent {
  /** Counts from 1. */
  readonly sequence: number;
  readonly at: number;
  readonly event: RunEvent;
}

/**
 * The inputs that can have led from this state to the event at `index` and what follows it, the likeliest first. Histories hold no
 * inputs: an event says itself what was given. Empty when nothing that is given leads there.
 */
export function inputsBehind(state: RunState, history: readonly RecordedEvent[], index: number): Input[] {
  // The first input that moves a paused run resumes it.
  const first = history[index]?.event.type === 'run-resumed' ? index + 1 : index;
  const recorded = history[first];
  if (!recorded) return [];
  const { at, event } = recorded;
  switch (event.type) {
    case 'run-queued': {
      const { inputs, sys, continues } = event;
      return [{ type: 'queue', at, inputs, sys, ...(continues ? { continues } : {}) }];
    }
    case 'run-started':
      return [beginning(event, at, history, first)];
    case 'run-cancelled':
      return [{ type: 'cancel', at, reason: event.reason }];
    case 'form-answered': {
      const { key, action, values, by } = event;
      return [{ type: 'answer', at, key, action, values, by }];
    }
    case 'node-completed':
    case 'variables-assigned':
      return [...completed(state, history, first), ...timers(state, at)];
    case 'node-failed':
    case 'node-retry-scheduled': {
      const attempt = nodeStateAt(state, event.key)?.attempt ?? 0;
      const outcome = { failure: event.failure };
      const result = { type: 'result', at, key: event.key, attempt, outcome } as const;
      return event.failure.code === 'node_timeout' ? [...timers(state, at), result] : [result, ...timers(state, at)];
    }
    default:
      return timers(state, at);
  }
}

/** What a run began with; one that continues another also has what it took over, which says so itself. */
function beginning(
  { inputs, sys, environment, conversation, entry, origin }: RunStarted,
  at: number,
  history: readonly RecordedEvent[],
  index: number,
): Input {
  const given = { at, inputs, sys, environment, conversation, ...(entry === undefined ? {} : { entry }) };
  if (!origin) return { type: 'start', ...given };
  const { kept: count, ...from } = origin;
  const taken = history.findIndex(({ event }, place) => place > index && 'reused' in event && event.reused);
  const kept = taken === -1 ? [] : history.slice(taken, taken + count).map(({ event }) => event as KeptEvent);
  return { type: 'continue', origin: from, kept, ...given };
}

/** The result that completed a task, with the values it gave to variables. */
function completed(state: RunState, history: readonly RecordedEvent[], index: number): Input[] {
  const assigned: VariablesAssigned[] = [];
  for (const { at, event } of history.slice(index, index + maxAssigned)) {
    if (event.type === 'variables-assigned') assigned.push(event);
    else if (event.type === 'node-completed') return resultOf(state, at, event, assigned);
    else break;
  }
  return [];
}

/** More owners of variables than this are around no node. */
const maxAssigned = 100;

function resultOf(
  state: RunState,
  at: number,
  { type: _, key, attempt, execution, startedAt, finishedAt, ...outputs }: NodeCompleted,
  assigned: readonly VariablesAssigned[],
): Input[] {
  if (attempt === undefined || nodeStateAt(state, key)?.status !== 'scheduled') return [];
  const outcome = { ...outputs, ...(assigned.length > 0 ? { assigns: assigned.flatMap(assignments) } : {}) };
  return [{ type: 'result', at, key, attempt, outcome, execution, startedAt, finishedAt }];
}

function assignments({ owner, values }: VariablesAssigned): Assignment[] {
  const scope = owner === 'conversation' ? owner : splitKey(owner).id;
  return Object.entries(values).flatMap(([name, value]) =>
    // The conversation of a workflow run inside another one is a variable of its node.
    scope !== 'conversation' && name === 'conversation' && isJsonObject(value)
      ? Object.entries(value).map(([inner, one]) => ({ selector: ['conversation', inner], value: one }))
      : [{ selector: [scope, name], value }],
  );
}

/** The time was looked at between two moments that a node waited for, or at last when it was committed. */
function timers(state: RunState, committedAt: number): Input[] {
  const moments = new Set([committedAt]);
  for (const key of state.open) {
    const dueAt = nodeStateAt(state, key)?.dueAt;
    if (dueAt !== undefined && dueAt <= committedAt) moments.add(dueAt);
  }
  return [...moments].sort((a, b) => b - a).map((at) => ({ type: 'timer', at }));
}
