import type { Plan } from '@treadle/workflow';
import type { RunEvent } from './event.js';
import { scopeOfRound, splitKey, splitScope } from './key.js';
import { nothingUndone, type Undone, undoneFrom } from './undone.js';

/** An event that a run may take over from the one it continues. */
export type KeptEvent = Extract<
  RunEvent,
  {
    type:
      | 'node-completed'
      | 'node-failed'
      | 'node-opened'
      | 'round-started'
      | 'round-completed'
      | 'round-failed'
      | 'variables-assigned';
  }
>;

/**
 * Finds what a run that continues another one takes over (rule 19): oldest first, marked as reused and without what it cost.
 * @param plan of the run that is continued
 * @param events its whole history
 * @param from key of the finished node to do again, with all that followed from it; absent to go on where the run was stopped
 */
export function keptEvents(plan: Plan, events: readonly RunEvent[], from?: string): KeptEvent[] {
  const undone = from === undefined ? nothingUndone : undoneFrom(plan, events, from);
  const finished = new FinishedPart(events, undone);
  const entry = events.find((event) => event.type === 'run-started')?.entry ?? plan.entry;
  return events.flatMap((event) => {
    const isKept = isKeepable(event) && event.key !== entry && finished.keeps(event);
    return isKept ? [asReused(event)] : [];
  });
}

/** The events without new values for these variables of the conversation. */
export function withoutAssigned(kept: readonly KeptEvent[], names: ReadonlySet<string>): KeptEvent[] {
  return kept.flatMap((event) => {
    if (event.type !== 'variables-assigned' || event.owner !== 'conversation') return [event];
    const values = Object.entries(event.values).filter(([name]) => !names.has(name));
    return values.length === 0 ? [] : [{ ...event, values: Object.fromEntries(values) }];
  });
}

/** What stays of a run: the nodes that are over, and the rounds. */
class FinishedPart {
  private readonly settled = new Set<string>();
  /** By scope. */
  private readonly endedRounds = new Set<string>();

  constructor(
    events: readonly RunEvent[],
    private readonly undone: Undone,
  ) {
    for (const event of events) this.note(event);
  }

  keeps(event: KeptEvent): boolean {
    switch (event.type) {
      case 'node-completed':
      case 'variables-assigned':
        return this.settled.has(event.key);
      case 'node-failed':
        // One that nothing handled ended its round: it is history where the round stays over, and undone where it goes on.
        return this.settled.has(event.key) || (this.isOver(splitKey(event.key).scope) && !this.undone.has(event.key));
      case 'node-opened':
        return !this.undone.has(event.key);
      case 'round-started':
        return !this.undone.hasRound(event.key, event.index);
      case 'round-completed':
      case 'round-failed':
        return !this.undone.hasRound(event.key, event.index) && this.isOver(scopeOfRound(event.key, event.index));
    }
  }

  private note(event: RunEvent): void {
    const { undone } = this;
    if (isSettlement(event)) {
      if (!undone.has(event.key) && !undone.reopens(event.key)) this.settled.add(event.key);
    } else if (isEndOfRound(event)) {
      const scope = scopeOfRound(event.key, event.index);
      if (!undone.reopens(scope)) this.endedRounds.add(scope);
    }
  }

  /** Whether nothing begins in a scope any more: its round is over, or something around it is. */
  private isOver(scope: string): boolean {
    const round = splitScope(scope);
    if (round === undefined) return false;
    const { container } = round;
    return this.endedRounds.has(scope) || this.settled.has(container) || this.isOver(splitKey(container).scope);
  }
}

/** A failure counts as an end where its node, or its container, went on from it. */
function isSettlement(event: RunEvent): event is Extract<KeptEvent, { type: 'node-completed' | 'node-failed' }> {
  return event.type === 'node-completed' || (event.type === 'node-failed' && event.handled !== undefined);
}

function isEndOfRound(event: RunEvent): event is Extract<KeptEvent, { type: 'round-completed' | 'round-failed' }> {
  return event.type === 'round-completed' || (event.type === 'round-failed' && event.handled === true);
}

const keepable: ReadonlySet<RunEvent['type']> = new Set<KeptEvent['type']>([
  'node-completed',
  'node-failed',
  'node-opened',
  'round-started',
  'round-completed',
  'round-failed',
  'variables-assigned',
]);

function isKeepable(event: RunEvent): event is KeptEvent {
  return keepable.has(event.type);
}

function asReused(event: KeptEvent): KeptEvent {
  if (event.type !== 'node-completed') return { ...event, reused: true };
  const { usage: _paidBefore, ...rest } = event;
  return { ...rest, reused: true };
}
