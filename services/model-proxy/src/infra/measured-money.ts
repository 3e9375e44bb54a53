import { type Metrics, metricCatalogue } from '@treadle/telemetry';
import type { BillableCall, CallOutcome, FreeAnswer, MoneyGate, Reservation, Settled } from '../domain/money-gate.js';

const names = metricCatalogue.modelProxy;

/** What a refusal says about the provider; every other one is the caller's mistake. */
const outcomeOfCode: Readonly<Record<string, string>> = {
  provider_rate_limited: 'rate_limited',
  provider_error: 'provider_error',
  provider_stream_cut: 'provider_error',
  provider_unavailable: 'unavailable',
  provider_unauthenticated: 'unauthenticated',
  deadline_exceeded: 'timeout',
  cancelled: 'cancelled',
};

/** Counts what calls come to where their money is settled: every attempt ends there, once. */
export class MeasuredMoney implements MoneyGate {
  private readonly calls;
  private readonly seconds;
  private readonly firstToken;
  private readonly tokens;
  private readonly cost;

  constructor(
    private readonly money: MoneyGate,
    metrics: Metrics,
  ) {
    this.calls = metrics.counter(names.calls);
    this.seconds = metrics.histogram(names.seconds);
    this.firstToken = metrics.histogram(names.firstToken);
    this.tokens = metrics.counter(names.tokens);
    this.cost = metrics.counter(names.cost);
  }

  reserve(call: BillableCall): Reservation | Promise<Reservation> {
    const reservation = this.money.reserve(call);
    if (reservation instanceof Promise) return reservation.then((made) => this.measured(call, made));
    return this.measured(call, reservation);
  }

  shareUsed(spender: BillableCall['spender']): Promise<number> {
    return this.money.shareUsed(spender);
  }

  recordFree(answer: FreeAnswer): void {
    const { kind, operation } = answer.call;
    this.calls.of(kind, operation, 'cached').add();
    this.money.recordFree(answer);
  }

  private measured(call: BillableCall, reservation: Reservation): Reservation {
    const { kind, operation } = call;
    return {
      outputTokensAtMost: reservation.outputTokensAtMost,
      warnings: reservation.warnings,
      settle: (outcome) => {
        const settled = reservation.settle(outcome);
        this.settled(call, outcome, settled);
        return settled;
      },
      release: (failureCode) => {
        this.calls.of(kind, operation, outcomeOfCode[failureCode ?? ''] ?? 'rejected').add();
        reservation.release(failureCode);
      },
    };
  }

  private settled({ kind, operation }: BillableCall, outcome: CallOutcome, { costUsd }: Settled): void {
    const { status, usage, latencyMs, firstTokenMs, failureCode } = outcome;
    const failed = outcomeOfCode[failureCode ?? ''] ?? 'failed';
    this.calls.of(kind, operation, status === 'failed' ? failed : status).add();
    if (status === 'completed') this.seconds.of(kind, operation).observe(latencyMs / 1000);
    if (firstTokenMs !== undefined && operation === 'chat') this.firstToken.of(kind).observe(firstTokenMs / 1000);
    if (costUsd !== undefined) this.cost.of(kind).add(costUsd);
    if (!usage) return;
    this.tokens.of(kind, 'input').add(usage.inputTokens);
    this.tokens.of(kind, 'output').add(usage.outputTokens);
    if (usage.cachedInputTokens > 0) this.tokens.of(kind, 'cached').add(usage.cachedInputTokens);
  }
}
