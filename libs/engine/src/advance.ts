import type { Failure } from '@treadle/failure';
import type { Catalog, Plan } from '@treadle/workflow';
import { isTerminal, type RunEvent } from './event.js';
import { replay } from './fold.js';
import type { Input } from './input.js';
import { type Command, newlyOutstanding } from './outstanding.js';
import { emptyState, type RunState } from './state.js';
import { Step } from './step.js';
import { take } from './take.js';

/** What the engine made of an input. Without events nothing has changed and there is nothing to store. */
export interface Decision {
  readonly state: RunState;
  readonly events: readonly RunEvent[];
  readonly commands: readonly Command[];
}

/**
 * Decides what follows from an input. Pure: the same arguments give the same decision, and the given state stays as it is.
 * The rules are numbered in this library's README.
 */
export function advance(plan: Plan, catalog: Catalog, state: RunState, input: Input): Decision {
  const step = new Step(plan, catalog, state, input.at);
  take(step, input);
  return { state: step.state, events: step.events, commands: newlyOutstanding(state, step.state) };
}

/**
 * Ends a run that cannot be decided upon: a bug of ours met it. It fails alone, with its history kept.
 */
export function abandon(state: RunState, why: Failure): Decision {
  if (isTerminal(state.status)) return { state, events: [], commands: [] };
  const event: RunEvent = { type: 'run-failed', failure: why };
  return { state: replay([event], state), events: [event], commands: [] };
}

/** A run that begins: the state before its first event. */
export const newRun: RunState = emptyState;
