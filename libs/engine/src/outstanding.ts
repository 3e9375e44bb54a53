import type { Form } from '@treadle/workflow';
import { isTerminal } from './event.js';
import { type NodeState, nodeStateAt, type RunState } from './state.js';

/** Something the engine wants done, and is waiting for. Moments are in milliseconds since the epoch. */
export type Command =
  /** Have this attempt executed. It is given up at `deadlineAt`. */
  | { readonly type: 'run-task'; readonly key: string; readonly attempt: number; readonly deadlineAt: number }
  /** Give a `timer` input at `dueAt`: an attempt begins then, or a wait ends. */
  | { readonly type: 'wake'; readonly key: string; readonly attempt: number; readonly dueAt: number }
  /** Have a person answer the form, and give an `answer` input; at `dueAt`, where there is one, a `timer` input. */
  | {
      readonly type: 'ask';
      readonly key: string;
      readonly attempt: number;
      readonly form: Form;
      readonly dueAt?: number;
    };

/** Lists what the run still waits for, in the order it was asked. Doing all of it again is always safe: that is recovery. */
export function outstanding(state: RunState): Command[] {
  if (isTerminal(state.status)) return [];
  return [...state.open].flatMap((key) => commandFor(key, nodeStateAt(state, key)));
}

/** What is outstanding after and was not before: the commands of a decision. */
export function newlyOutstanding(before: RunState, after: RunState): Command[] {
  const commands: Command[] = [];
  for (const key of after.open) {
    const node = nodeStateAt(after, key);
    if (node !== nodeStateAt(before, key)) commands.push(...commandFor(key, node));
  }
  return commands;
}

/** The earliest moment at which the run wants a `timer` input: a retry, the end of a wait, or a deadline that nobody kept. */
export function nextWake(state: RunState): number | undefined {
  let earliest = isTerminal(state.status) ? undefined : state.deadlineAt;
  for (const key of state.open) {
    const dueAt = nodeStateAt(state, key)?.dueAt;
    if (dueAt !== undefined && (earliest === undefined || dueAt < earliest)) earliest = dueAt;
  }
  return earliest;
}

/** Whether everything that is open waits for a moment or a person. */
export function isAtRest(state: RunState): boolean {
  for (const key of state.open) {
    const status = nodeStateAt(state, key)?.status;
    if (status === 'scheduled' || status === 'retrying') return false;
  }
  return state.open.size > 0;
}

function commandFor(key: string, node: NodeState | undefined): Command[] {
  if (!node) return [];
  const { status, attempt, dueAt, form } = node;
  switch (status) {
    case 'scheduled':
      return [{ type: 'run-task', key, attempt, deadlineAt: dueAt ?? 0 }];
    case 'retrying':
      return [{ type: 'wake', key, attempt, dueAt: dueAt ?? 0 }];
    case 'waiting':
      if (form) return [{ type: 'ask', key, attempt, form, ...(dueAt === undefined ? {} : { dueAt }) }];
      return [{ type: 'wake', key, attempt, dueAt: dueAt ?? 0 }];
    default:
      return [];
  }
}
