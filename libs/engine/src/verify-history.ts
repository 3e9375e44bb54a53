import type { Catalog, Plan } from '@treadle/workflow';
import { advance, newRun } from './advance.js';
import type { RunEvent } from './event.js';
import { replay } from './fold.js';
import { inputsBehind, type RecordedEvent } from './history-inputs.js';
import type { Input } from './input.js';
import { isSameEvent, momentShift } from './same-event.js';
import type { RunState } from './state.js';

/** Where a history and the engine part: what was recorded under that number, and what is decided today. Either may be nothing. */
export interface HistoryDifference {
  readonly sequence: number;
  readonly recorded?: RunEvent;
  readonly decided?: RunEvent;
}

/** How much later than it was decided a decision may have been committed, in milliseconds. */
const maxCommitDelayMs = 60_000;

/**
 * Decides a recorded run once more: derives from its events what was given, gives it again, and compares event by event. Gives the
 * first difference, or `undefined` when the engine decides today as it did then.
 */
export function verifyHistory(
  plan: Plan,
  catalog: Catalog,
  history: readonly RecordedEvent[],
): HistoryDifference | undefined {
  let state = newRun;
  for (let index = 0; index < history.length; ) {
    const inputs = inputsBehind(state, history, index);
    let best: Comparison | undefined;
    for (const input of inputs) {
      const tried = compare(plan, catalog, state, input, history, index);
      if (!best || tried.same > best.same || tried.fits) best = tried;
      if (tried.fits) break;
    }
    const taken = best?.fits ? best.decided.length : wasGivenUp(history[index]?.event) ? 1 : 0;
    if (taken === 0) return differenceAt(history, index + (best?.same ?? 0), best?.decided[best.same]);
    state = replay(
      history.slice(index, index + taken).map(({ event }) => event),
      state,
    );
    index += taken;
  }
  return undefined;
}

interface Comparison {
  readonly decided: readonly RunEvent[];
  /** How many of them are as recorded, from the first on. */
  readonly same: number;
  readonly fits: boolean;
}

/** A history tells when a decision was committed, not when it was made; the moments that its events name tell by how much that differs. */
function compare(
  plan: Plan,
  catalog: Catalog,
  state: RunState,
  input: Input,
  history: readonly RecordedEvent[],
  index: number,
): Comparison {
  const attempt = (at: number) => countSame(advance(plan, catalog, state, { ...input, at }).events, history, index);
  const tried = attempt(input.at);
  const [decided, recorded] = [tried.decided[tried.same], history[index + tried.same]?.event];
  const shift = decided && recorded ? momentShift(decided, recorded) : 0;
  if (tried.fits || shift >= 0 || shift < -maxCommitDelayMs) return tried;
  return attempt(input.at + shift);
}

function countSame(decided: readonly RunEvent[], history: readonly RecordedEvent[], index: number): Comparison {
  const differs = decided.findIndex((event, offset) => {
    const recorded = history[index + offset]?.event;
    return !recorded || !isSameEvent(event, recorded);
  });
  const same = differs === -1 ? decided.length : differs;
  return { decided, same, fits: decided.length > 0 && differs === -1 };
}

/** A run that cannot be decided upon is failed by its host. */
function wasGivenUp(event: RunEvent | undefined): boolean {
  return event?.type === 'run-failed' && event.key === undefined && event.failure.code !== 'deadline_exceeded';
}

function differenceAt(
  history: readonly RecordedEvent[],
  index: number,
  decided: RunEvent | undefined,
): HistoryDifference {
  const recorded = history[index]?.event;
  return { sequence: index + 1, ...(recorded ? { recorded } : {}), ...(decided ? { decided } : {}) };
}
