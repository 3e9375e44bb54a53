import type { Failure } from '@treadle/failure';
import type { JsonObject } from '@treadle/workflow';
import type { TokenUsage } from './event.js';

/** What an executor made of an attempt. */
export type Outcome =
  | {
      readonly outputs: JsonObject;
      readonly handle?: string;
      readonly usage?: TokenUsage;
      readonly warnings?: readonly string[];
    }
  | { readonly failure: Failure };

/** Something that happened and that the engine is to decide upon. `at` is the present, in milliseconds since the epoch. */
export type Input =
  | {
      readonly type: 'start';
      readonly at: number;
      readonly inputs: JsonObject;
      readonly sys: JsonObject;
      readonly environment: JsonObject;
      readonly conversation: JsonObject;
    }
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
  /** The time is now `at`: begin the retries that are due, give up the attempts whose deadline has passed. */
  | { readonly type: 'timer'; readonly at: number }
  | { readonly type: 'cancel'; readonly at: number; readonly reason: string };
