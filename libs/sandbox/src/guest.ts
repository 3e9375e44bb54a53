import type { Guest } from '@treadle/guests';

/** One call of `main`, as a guest is given it. */
export interface GuestCall {
  readonly code: string;
  /** The inputs, a JSON object. */
  readonly inputsJson: string;
}

/** What became of a call. `printed` is what the code wrote to its console, cut off at its limit. */
export type GuestReply = GuestOutcome & {
  /** What the code reached for and was not given, each once, whatever it made of it; absent means nothing. */
  readonly refused?: readonly string[];
};

type GuestOutcome =
  | { readonly kind: 'returned'; readonly json: string; readonly printed: string }
  | {
      readonly kind: 'raised';
      /** The class of the error, such as `TypeError`. */
      readonly name: string;
      readonly message: string;
      /** Counts from 1, in the user's code; absent where the error did not come from a line of it. */
      readonly line?: number;
      readonly printed: string;
    }
  | { readonly kind: 'exceeded'; readonly limit: GuestLimit; readonly printed: string };

/** What a call may have too much of: time, memory, or text in its result. */
export type GuestLimit = 'time' | 'memory' | 'output';

/** What a guest holds itself to. Its host watches time and memory too, since a guest may fail to. */
export interface GuestLimits {
  readonly timeoutMs: number;
  readonly memoryBytes: number;
  /** Of the result as JSON. */
  readonly outputCharacters: number;
  readonly printedCharacters: number;
}

/** An interpreter in a thread or process of its own. */
export type CodeGuest = Guest<GuestCall, GuestReply>;
