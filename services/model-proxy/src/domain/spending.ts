import type { Spender } from './money-gate.js';

/** What is written down about a call whichever way it goes. */
export interface SpendingCall extends Spender {
  /** A UUID; the ledger row has it too. */
  readonly id: string;
  readonly operation: string;
  readonly provider: string;
  readonly model: string;
  readonly route: string;
  /** Only for providers that bill repeats under it once; else empty. */
  readonly idempotencyKey: string;
  /** Which price was used; empty when none is known. */
  readonly priceVersion: string;
}

/** The worst case of a call. */
export interface ReserveCall extends SpendingCall {
  /** Undefined when the price is unknown. */
  readonly usd: number | undefined;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Until when a repeat may take over a reservation with an idempotency key whose process has died. */
  readonly expiresAt: Date;
}

export interface ReserveVerdict {
  /**
   * - `reserved`: set aside. `free`: no budget applies.
   * - `exceeded`: does not fit. `busy`: fits once calls that run now are settled. `unpriced`: a money budget applies, and the price is unknown.
   */
  readonly verdict: 'reserved' | 'free' | 'exceeded' | 'busy' | 'unpriced';
  /** The id to settle under: that of an earlier attempt whose process has died, where there was one. */
  readonly callId: string;
  /** The budget that refused, or the fullest one; null when none applies. */
  readonly budget: string | null;
  /** How full that budget is by what was spent, as a share from 0 up. */
  readonly share: number;
}

/** What a call came to. `released` gives a reservation back and writes nothing; `lost` is settled by somebody else at its worst case. */
export interface SettleCall extends SpendingCall {
  readonly status: 'completed' | 'failed' | 'cancelled' | 'lost' | 'released';
  readonly cached: boolean;
  /** Undefined when the price is unknown. */
  readonly usd: number | undefined;
  readonly inputTokens: number;
  readonly cachedInputTokens: number;
  readonly outputTokens: number;
  readonly reasoningTokens: number;
  readonly latencyMs: number | undefined;
  readonly firstTokenMs: number | undefined;
  readonly at: Date;
}

/** A budget passed one of its thresholds. */
export interface BudgetEvent {
  readonly id: number;
  readonly tenantId: string;
  readonly budgetId: string;
  readonly budget: string;
  readonly scope: string;
  /** Which workflow, key or run; empty for the tenant. */
  readonly subject: string;
  readonly periodStart: Date;
  /** In percent. */
  readonly level: number;
  readonly at: Date;
}

/** The books. Every call may throw FailureError `unavailable`. Safe for any number of replicas. */
export interface SpendingStore {
  /** All or nothing; verdicts in the order of the calls. A call sees what the calls before it took. */
  reserve(calls: readonly ReserveCall[]): Promise<readonly ReserveVerdict[]>;
  /** All or nothing. Settling twice counts once, by the later truth. */
  settle(calls: readonly SettleCall[]): Promise<void>;
  /** Writes down calls that nothing was set aside for, each under an id of its own. All or nothing; writing twice counts once. */
  note(calls: readonly SettleCall[]): Promise<void>;
  /**
   * Settles reservations at their worst case whose process was found dead by two of these calls in a row; those with an idempotency key
   * only once they expired, as their repeat takes them over. @returns how many.
   */
  settleLost(): Promise<number>;
  /** How full the fullest budget of a spender is, by what was spent. */
  shareUsed(spender: Spender): Promise<number>;
  /** Thresholds passed and not yet told to anybody; each is returned once. */
  takeEvents(): Promise<readonly BudgetEvent[]>;
}
