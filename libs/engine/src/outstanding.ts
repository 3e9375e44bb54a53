import { isTerminal } from './event.js';
import type { NodeState, RunState } from './state.js';

/** Something the engine wants done, and is waiting for. */
export type Command =
  /** Have this attempt executed. It is given up at `deadlineAt` (milliseconds since the epoch). */
  | { readonly type: 'run-task'; readonly key: string; readonly attempt: number; readonly deadlineAt: number }
  /** Give a `timer` input at `dueAt`, to begin this attempt. */
  | { readonly type: 'wake'; readonly key: string; readonly attempt: number; readonly dueAt: number };

/** Lists what the run still waits for, in the order it was asked. Doing all of it again is always safe: that is recovery. */
export function outstanding(state: RunState): Command[] {
  if (isTerminal(state.status)) return [];
  return [...state.open].flatMap((key) => {
    const node = state.nodes.get(key);
    return node ? [commandFor(key, node)] : [];
  });
}

/** What is outstanding after and was not before: the commands of a decision. */
export function newlyOutstanding(before: RunState, after: RunState): Command[] {
  const commands: Command[] = [];
  for (const key of after.open) {
    const node = after.nodes.get(key);
    if (node && node !== before.nodes.get(key)) commands.push(commandFor(key, node));
  }
  return commands;
}

/** The earliest moment at which the run wants a `timer` input: a retry, or a deadline that nobody kept. */
export function nextWake(state: RunState): number | undefined {
  let earliest: number | undefined;
  for (const key of state.open) {
    const dueAt = state.nodes.get(key)?.dueAt;
    if (dueAt !== undefined && (earliest === undefined || dueAt < earliest)) earliest = dueAt;
  }
  return earliest;
}

function commandFor(key: string, node: NodeState): Command {
  const dueAt = node.dueAt ?? 0;
  return node.status === 'retrying'
    ? { type: 'wake', key, attempt: node.attempt, dueAt }
    : { type: 'run-task', key, attempt: node.attempt, deadlineAt: dueAt };
}
