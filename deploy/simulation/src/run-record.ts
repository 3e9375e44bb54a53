import { isDeepStrictEqual } from 'node:util';
import { isTerminal, newRun, type RunEvent, type RunState, replay } from '@treadle/engine';
import type { RunFacts } from '@treadle/orchestrator/parts';

/** What the checker knows of a run: its history, folded here and nowhere else. */
export class RunRecord {
  /** By the number of the newest event. */
  private readonly states = new Map<number, RunState>([[0, newRun]]);
  private readonly compared = new WeakSet<RunState>();
  private readonly scheduled = new Set<string>();
  private readonly settled = new Set<string>();
  private readonly entries: string[] = [];
  state: RunState = newRun;
  /** When it last moved on, in milliseconds since the epoch. */
  movedAt = 0;

  /** Whether it has ever been paused: then the next turn of its conversation waits no longer for it. */
  hasRested = false;

  constructor(readonly facts: RunFacts) {}

  get id(): string {
    return this.facts.id;
  }

  get isOver(): boolean {
    return isTerminal(this.state.status);
  }

  /** Takes a committed decision. Gives the attempts that it settled for the second time. */
  append(eventsJson: string, at: number): string[] {
    const events = JSON.parse(eventsJson) as RunEvent[];
    const repeated: string[] = [];
    for (const event of events) {
      if (event.type === 'node-scheduled') this.scheduled.add(`${event.key} ${event.attempt}`);
      const attempt = settledBy(event);
      if (attempt !== undefined && this.settled.has(attempt)) repeated.push(attempt);
      if (attempt !== undefined) this.settled.add(attempt);
    }
    this.state = replay(events, this.state);
    this.states.set(this.state.sequence, this.state);
    this.hasRested ||= this.state.status === 'paused';
    this.entries.push(eventsJson);
    this.movedAt = at;
    return repeated;
  }

  /** Whether this is its whole history. */
  isTold(entries: readonly { readonly eventsJson: string }[]): boolean {
    return (
      this.entries.length === entries.length && entries.every((entry, at) => entry.eventsJson === this.entries[at])
    );
  }

  hasScheduled(key: string, attempt: number): boolean {
    return this.scheduled.has(`${key} ${attempt}`);
  }

  hasSettled(key: string, attempt: number): boolean {
    return this.settled.has(`${key} ${attempt}`);
  }

  /** Whether this is the state that the history led to at that point, or at an earlier one. */
  hasBeen(state: RunState): boolean {
    if (this.compared.has(state)) return true;
    const known = this.states.get(state.sequence);
    if (!known || !isSame(known, state)) return false;
    this.compared.add(state);
    return true;
  }
}

/** The attempt whose result an event is. */
function settledBy(event: RunEvent): string | undefined {
  switch (event.type) {
    case 'node-completed':
    case 'node-failed':
      return event.attempt ? `${event.key} ${event.attempt}` : undefined;
    case 'node-retry-scheduled':
      return `${event.key} ${event.attempt - 1}`;
    default:
      return undefined;
  }
}

/** What is absent and what is `undefined` are the same: JSON knows no difference, and a history is JSON. */
function isSame(one: RunState, other: RunState): boolean {
  return isDeepStrictEqual(one, other) || plain(one) === plain(other);
}

function plain(state: RunState): string {
  return JSON.stringify(state, (_, value: unknown) =>
    value instanceof Map ? [...value].sort() : value instanceof Set ? [...value].sort() : value,
  );
}
