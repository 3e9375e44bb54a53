import { randomUUID } from 'node:crypto';
import { FailureError } from '@treadle/failure';
import { LRUCache } from 'lru-cache';
import { Batcher } from './batcher.js';
import { refusalOf, warningsOf } from './budget-sentences.js';
import type {
  BillableCall,
  BilledUsage,
  CallOutcome,
  FreeAnswer,
  MoneyGate,
  Reservation,
  Settled,
  Spender,
} from './money-gate.js';
import type { Price, PriceTable } from './price.js';
import type { ReserveCall, ReserveVerdict, SettleCall, SpendingCall, SpendingStore } from './spending.js';

/** Calls in one statement at most. */
const maxBatch = 500;
/** How long a share is believed. */
const shareMs = 1000;
/** An answer's end waits so long for its settlement at most. */
const longestWriteMs = 2000;
/** Calls under no budget are written together with those of so many milliseconds: nobody waits for them. */
const notingMs = 50;
/** A settlement that cannot be written is tried again after this. */
const tryAgainMs = 500;
/** How often a stopping process still tries. */
const lastTries = 6;
/** A reservation that a repeat may take over outlives its call's deadline by this. */
const graceMs = 60_000;
const longestCallMs = 600_000;

export interface MeterOptions {
  readonly store: SpendingStore;
  readonly prices: PriceTable;
  /** Whether a tenant has budgets. Without any, calls are written down and not held up. Throws FailureError `unavailable`. */
  readonly hasBudgets: (tenantId: string) => boolean | Promise<boolean>;
  /** The longest answer a budget pays for where the caller set no limit, in tokens. */
  readonly outputTokensAtMost: number;
  readonly log: { warn(facts: object, message: string): void };
  readonly now?: () => number;
}

/** What calls under no budget wait for. */
const atOnce = Promise.resolve();

/** A call that was let through. */
interface Admitted {
  readonly price: Price | undefined;
  readonly entry: SpendingCall;
  readonly worst: { readonly usage: BilledUsage; readonly usd: number | undefined };
}

/** The money gate over a store: worst cases set aside in batches, settlements written in batches behind the calls. */
export class Meter implements MoneyGate {
  private readonly reserving: Batcher<ReserveCall, ReserveVerdict>;
  private readonly settling: Batcher<SettleCall, void>;
  private readonly noting: Batcher<SettleCall, void>;
  private readonly shares: LRUCache<string, Promise<number>>;
  private readonly now: () => number;
  private stopping = false;

  constructor(private readonly options: MeterOptions) {
    const { store } = options;
    this.now = options.now ?? Date.now;
    this.shares = new LRUCache({ max: 10_000, ttl: shareMs, perf: { now: this.now }, ttlResolution: 0 });
    this.reserving = new Batcher((calls) => store.reserve(calls), maxBatch);
    this.settling = new Batcher((calls) => this.insist(calls, () => store.settle(calls)), maxBatch);
    this.noting = new Batcher((calls) => this.insist(calls, () => store.note(calls)), maxBatch, notingMs);
  }

  reserve(call: BillableCall): Reservation | Promise<Reservation> {
    // First, because it reads the tenant's prices too where they are not known yet.
    const hasBudgets = this.options.hasBudgets(call.spender.tenantId);
    if (hasBudgets === false) return this.admit(call, this.priceOf(call), undefined);
    return this.setAside(call, hasBudgets);
  }

  private async setAside(call: BillableCall, hasBudgets: boolean | Promise<boolean>): Promise<Reservation> {
    const has = await hasBudgets;
    const price = this.priceOf(call);
    if (!has) return this.admit(call, price, undefined);
    const outputTokens = Math.min(call.outputTokensAtMost ?? Number.POSITIVE_INFINITY, this.options.outputTokensAtMost);
    const limited = { ...call, outputTokensAtMost: call.outputTokensAtMost ?? outputTokens };
    const verdict = await this.ask(limited, price, call.inputTokensAtMost);
    if (verdict.admitted) return verdict.admitted;
    const closer = verdict.code === 'unpriced' ? undefined : await call.closerInputTokens?.();
    const second = closer === undefined ? verdict : await this.ask(limited, price, closer);
    if (second.admitted) return second.admitted;
    throw refusalOf(second.code, second.budget, call);
  }

  async shareUsed(spender: Spender): Promise<number> {
    if (!(await this.options.hasBudgets(spender.tenantId))) return 0;
    const { tenantId, workflowId, apiKeyId, runId } = spender;
    const name = [tenantId, workflowId, apiKeyId, runId].join('\0');
    const kept = this.shares.get(name);
    if (kept) return kept;
    const share = this.options.store.shareUsed(spender);
    this.shares.set(name, share);
    share.catch(() => this.shares.delete(name));
    return share;
  }

  recordFree({ call, usage, latencyMs, firstTokenMs }: FreeAnswer): void {
    const entry = this.entryOf(call, undefined, randomUUID());
    void this.write(this.noting, {
      ...entry,
      ...usage,
      status: 'completed',
      cached: true,
      usd: 0,
      latencyMs,
      firstTokenMs,
      at: this.today(),
    });
  }

  /** Resolves when everything that was settled is written. */
  async flush(): Promise<void> {
    await Promise.all([this.settling.idle(), this.noting.idle()]);
  }

  /** Writes what is settled, for some seconds at most: what is not written then is settled by its reservation. */
  async stop(): Promise<void> {
    this.stopping = true;
    await this.flush();
  }

  private priceOf({ spender: { tenantId }, provider, kind, model }: BillableCall): Price | undefined {
    return this.options.prices.find({ tenantId, provider, kind, model });
  }

  private async ask(call: BillableCall, price: Price | undefined, inputTokens: number) {
    const outputTokens = call.outputTokensAtMost ?? 0;
    const worst = worstCase(price, inputTokens, outputTokens);
    const entry = this.entryOf(call, price, randomUUID());
    const reserved = await this.reserving.add({
      ...entry,
      usd: worst.usd,
      inputTokens,
      outputTokens,
      expiresAt: new Date(
        Math.max(call.deadlineUnixMs, call.deadlineUnixMs ? 0 : this.now() + longestCallMs) + graceMs,
      ),
    });
    const { verdict, callId, budget, share } = reserved;
    if (verdict !== 'reserved' && verdict !== 'free') return { code: verdict, budget: budget ?? '' };
    const admitted = this.admit(call, price, { ...entry, id: callId }, worst, warningsOf(budget, share));
    return { code: verdict, budget: budget ?? '', admitted };
  }

  private admit(
    call: BillableCall,
    price: Price | undefined,
    reserved: SpendingCall | undefined,
    worst = worstCase(price, call.inputTokensAtMost, call.outputTokensAtMost ?? 0),
    warnings: readonly string[] = [],
  ): Reservation {
    const admitted = { price, worst, entry: reserved ?? this.entryOf(call, price, randomUUID()) };
    let open = true;
    return {
      outputTokensAtMost: call.outputTokensAtMost,
      warnings,
      settle: (outcome) => {
        if (!open) return { costUsd: undefined, written: atOnce };
        open = false;
        return this.settleOne(admitted, outcome, reserved !== undefined);
      },
      release: () => {
        if (open && reserved) this.releaseOne(admitted);
        open = false;
      },
    };
  }

  private settleOne(admitted: Admitted, outcome: CallOutcome, reserved: boolean): Settled {
    const { entry, price, worst } = admitted;
    const { status, usage, latencyMs, firstTokenMs } = outcome;
    const used = usage ?? worst.usage;
    const usd = usage ? price?.cost(usage) : worst.usd;
    const at = this.today();
    const call: SettleCall = { ...entry, ...used, status, cached: false, usd, latencyMs, firstTokenMs, at };
    const writing = this.write(reserved ? this.settling : this.noting, call);
    return { costUsd: usd, written: reserved ? soonAtLeast(writing) : atOnce };
  }

  private releaseOne({ entry, worst }: Admitted): void {
    const nothing = { cached: false, usd: 0, latencyMs: undefined, firstTokenMs: undefined, at: this.today() };
    void this.write(this.settling, { ...entry, ...worst.usage, ...nothing, status: 'released' });
  }

  private entryOf(call: BillableCall, price: Price | undefined, id: string): SpendingCall {
    const { tenantId, workflowId, runId, nodeKey, apiKeyId } = call.spender;
    const { operation, provider, model, route, idempotencyKey } = call;
    const priceVersion = price?.version ?? '';
    const what = { operation, provider, model, route, idempotencyKey, priceVersion };
    return { id, tenantId, workflowId, runId, nodeKey, apiKeyId, ...what };
  }

  private write(batcher: Batcher<SettleCall, void>, call: SettleCall): Promise<void> {
    return batcher.add(call).catch((error: unknown) => this.options.log.warn({ err: error }, 'a settlement was lost'));
  }

  /** What cannot be written waits here: until it is, the reservation stands for it. */
  private async insist(calls: readonly SettleCall[], write: () => Promise<void>): Promise<void[]> {
    let lastTry = 0;
    for (let told = false; ; told = true) {
      try {
        await write();
        return calls.map(() => undefined);
      } catch (error) {
        if (!(error instanceof FailureError) || error.failure.code !== 'unavailable') throw error;
        if (this.stopping && ++lastTry > lastTries) throw error;
        if (!told)
          this.options.log.warn({ err: error, calls: calls.length }, 'the ledger cannot be written; trying again');
        await new Promise((resolve) => setTimeout(resolve, tryAgainMs));
      }
    }
  }

  private today(): Date {
    return new Date(this.now());
  }
}

function worstCase(price: Price | undefined, inputTokens: number, outputTokens: number): Admitted['worst'] {
  const usage = { inputTokens, outputTokens, cachedInputTokens: 0, reasoningTokens: 0 };
  return { usage, usd: price?.cost(usage) };
}

async function soonAtLeast(writing: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, longestWriteMs);
  });
  await Promise.race([writing, limit]);
  clearTimeout(timer);
}
