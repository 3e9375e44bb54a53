import type { Failure } from '@treadle/failure';
import type { Answer, Assignment, JsonObject } from '@treadle/workflow';
import type { QueuedContinuation, RunOrigin, TokenUsage } from './event.js';
import type { KeptEvent } from './kept-events.js';

/** What an executor made of an attempt. */
export type Outcome =
  | {
      readonly outputs: JsonObject;
      readonly handle?: string;
      /** The new values of variables, where an executor settled a control node. */
      readonly assigns?: readonly Assignment[];
      readonly usage?: TokenUsage;
      readonly warnings?: readonly string[];
    }
  | { readonly failure: Failure };

/** How a run begins: its variables by scope, and where. */
interface Beginning {
  readonly at: number;
  readonly inputs: JsonObject;
  readonly sys: JsonObject;
  readonly environment: JsonObject;
  readonly conversation: JsonObject;
  /** The node to begin at, one of the plan's `entries`; absent takes the plan's `entry`. */
  readonly entry?: string;
}

/** Something that happened and that the engine is to decide upon. `at` is the present, in milliseconds since the epoch. */
export type Input =
  /** The run is accepted, and will be started later. */
  | {
      readonly type: 'queue';
      readonly at: number;
      readonly inputs: JsonObject;
      readonly sys: JsonObject;
      readonly continues?: QueuedContinuation;
    }
  | ({ readonly type: 'start' } & Beginning)
  /** A run begins with what another one has finished. `kept` is what `keptEvents` found there. */
  | ({
      readonly type: 'continue';
      readonly origin: Omit<RunOrigin, 'kept'>;
      readonly kept: readonly KeptEvent[];
    } & Beginning)
  | {
      readonly type: 'result';
      readonly at: number;
      readonly key: string;
      readonly attempt: number;
      readonly outcome: Outcome;
      readonly execution?: string;
      readonly startedAt?: number;
      readonly finishedAt?: number;
    }
  /** A person has answered the form of a waiting node. One that does not fit the form changes nothing. */
  | ({ readonly type: 'answer'; readonly at: number; readonly key: string; readonly by: string } & Answer)
  /** The time is now `at`: begin the retries that are due, end the waits that are over, give up what has passed its deadline. */
  | { readonly type: 'timer'; readonly at: number }
  | { readonly type: 'cancel'; readonly at: number; readonly reason: string };

/** An input that may be the first of a run. */
export type FirstInput = Extract<Input, { type: 'queue' | 'start' | 'continue' }>;
