import { isDeepStrictEqual } from 'node:util';
import { type FirstInput, type KeptEvent, keptEvents, type RunOrigin, withoutAssigned } from '@treadle/engine';
import type { JsonObject, Plan } from '@treadle/workflow';
import { variablesFor } from '../conversations/turn.js';
import type { Origin } from './run-origin.js';

/** What is finished of an origin, and where it began. */
export interface Finished {
  /** The node that the origin began at. */
  readonly entry: string;
  readonly kept: readonly KeptEvent[];
}

/** How a run continues another one. */
export interface Continuation extends Finished {
  readonly origin: Origin;
  readonly kind: RunOrigin['kind'];
  /** The plan that it goes on by. */
  readonly plan: Plan;
  /** What the caller has it find in variables of the conversation. */
  readonly variables: JsonObject;
}

/** What a run begins with because it continues another one. */
export type TakenOver = Pick<Extract<FirstInput, { type: 'continue' }>, 'origin' | 'kept' | 'conversation' | 'entry'>;

/**
 * @param before the plan that the origin ran by
 * @param from key of the finished node to do again; absent for a resume
 */
export function finishedOf({ events, started }: Origin, before: Plan, from: string | undefined): Finished {
  return { entry: started.entry ?? before.entry, kept: keptEvents(before, events, from) };
}

/**
 * What the run with that id takes over. In a conversation it finds the variables as they are now; what finished nodes gave to one counts
 * where nobody has changed it there since the origin began. What the caller gave stands above both.
 * @param stored the variables of the conversation; absent outside of one, where the origin's count
 */
export function takenOver(continuation: Continuation, runId: string, stored?: JsonObject): TakenOver {
  const { origin, kind, plan, entry, kept, variables } = continuation;
  const { row, started } = origin;
  const then = { ...plan.conversation, ...started.conversation };
  const now = stored ? variablesFor(plan, stored) : then;
  const changed = Object.keys(now).filter((name) => !isDeepStrictEqual(now[name], then[name]));
  // What may have happened outside must not happen twice: whoever goes on from a stopped run does so in its name.
  const effects = kind === 'resume' ? (started.origin?.effects ?? row.id) : runId;
  return {
    origin: { run: row.id, kind, effects },
    kept: withoutAssigned(kept, new Set([...changed, ...Object.keys(variables)])),
    conversation: { ...now, ...variables },
    ...(entry === plan.entry ? {} : { entry }),
  };
}
