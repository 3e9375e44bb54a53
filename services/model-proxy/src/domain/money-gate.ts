import type { FailureCode } from '@treadle/failure';

/** Whose money a call spends. Empty strings where the caller named none. */
export interface Spender {
  readonly tenantId: string;
  readonly workflowId: string;
  readonly runId: string;
  readonly nodeKey: string;
  readonly apiKeyId: string;
}

/** One call to one target, as far as it can be known before it is made. */
export interface BillableCall {
  readonly spender: Spender;
  readonly operation: 'chat' | 'embed' | 'rerank';
  /** Name of the provider that is about to be asked, as routes and workflows say it. */
  readonly provider: string;
  /** The vendor that `prices` knows it by, such as `openai`; the kind of the provider. */
  readonly kind: string;
  readonly model: string;
  /** The route that chose the target; empty when the caller named provider and model. */
  readonly route: string;
  /**
   * The same on every attempt of one call, for providers that promise to bill repeats under it once: an attempt whose process died is
   * counted together with the attempt that follows it. Empty for all others, where whatever may have been sent counts on its own.
   */
  readonly idempotencyKey: string;
  /** An upper bound of the prompt's tokens. */
  readonly inputTokensAtMost: number;
  /** A closer bound that takes time to find; asked for only where the cheap one does not fit into a budget. */
  readonly closerInputTokens?: () => Promise<number>;
  /** An upper bound of the answer's tokens, as sent to the provider; undefined where the provider may answer without one. 0 for embeddings. */
  readonly outputTokensAtMost: number | undefined;
  /** Milliseconds since the epoch; 0 for none. */
  readonly deadlineUnixMs: number;
}

/** What a call consumed, as the provider counts it. */
export interface BilledUsage {
  readonly inputTokens: number;
  /** Reasoning included. */
  readonly outputTokens: number;
  /** The part of the input that the provider read from its own cache. */
  readonly cachedInputTokens: number;
  readonly reasoningTokens: number;
}

export interface CallOutcome {
  /** `failed` calls may have cost money too: a stream that was cut is billed for what it said. */
  readonly status: 'completed' | 'failed' | 'cancelled';
  /** Undefined when the provider did not say: the reserved worst case is then what it cost. */
  readonly usage: BilledUsage | undefined;
  readonly latencyMs: number;
  /** Undefined when no token arrived. */
  readonly firstTokenMs: number | undefined;
  /** Why it failed; absent where it did not. */
  readonly failureCode?: FailureCode;
}

/** Money and tokens set aside for one call until it is known what it used. Exactly one of the two is called; a second call does nothing. */
export interface Reservation {
  /** The largest answer the reservation pays for; undefined when nothing limits it. To be sent as `max_tokens` when the caller gave none. */
  readonly outputTokensAtMost: number | undefined;
  /** Sentences for the caller's warnings: budgets above 75 or 90 percent. */
  readonly warnings: readonly string[];
  /** Writes the ledger row and gives back what was not used. Never throws and never waits for the disk. */
  settle(outcome: CallOutcome): Settled;
  /** For a call that certainly cost nothing: it was refused before the provider worked. Never throws. */
  release(failureCode?: FailureCode): void;
}

export interface Settled {
  /** In US dollars; undefined when the price is unknown. */
  readonly costUsd: number | undefined;
  /**
   * Resolves when the call is in the ledger, for calls under a budget: whoever hears the end of an answer after it hears of nothing that a
   * killed proxy could forget. At once for other calls, and after two seconds at most. Never rejects.
   */
  readonly written: Promise<void>;
}

/** An answer that cost nothing because it came from the response cache, or was shared with an identical call. */
export interface FreeAnswer {
  readonly call: BillableCall;
  readonly usage: BilledUsage;
  readonly latencyMs: number;
  readonly firstTokenMs: number | undefined;
}

/** Keeps spending within budgets: worst case set aside before a call, what it used written down after. */
export interface MoneyGate {
  /**
   * One reservation for each attempt on each target, right before the request is sent.
   * @throws FailureError `budget_exceeded` (the details name the budget; a route may go on to a cheaper target), `price_unknown` when
   * a money budget applies to a model without a price, `unavailable` when budgets apply and the database is away.
   */
  reserve(call: BillableCall): Reservation | Promise<Reservation>;
  /** The fullest budget that applies, as a share from 0 up, for routes that choose a smaller model in time. Up to a second old; 0 without budgets. */
  shareUsed(spender: Spender): Promise<number>;
  /** Notes an answer that was not paid for, marked as cached. Never throws and never waits. */
  recordFree(answer: FreeAnswer): void;
}
