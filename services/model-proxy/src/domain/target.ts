import { FailureError } from '@treadle/failure';
import { AdaptiveLimit, type AdaptiveLimitOptions } from './adaptive-limit.js';
import { Breaker } from './breaker.js';
import type { MoneyGate } from './money-gate.js';
import { probe } from './probe.js';
import type { Provider } from './provider.js';

export type Operation = 'chat' | 'embed' | 'rerank';

export interface TargetOptions {
  readonly failures: number;
  readonly probeIntervalMs: number;
  readonly limit: AdaptiveLimitOptions;
}

/** One model of one provider, and what is known about its health. */
export class Target {
  readonly breaker: Breaker;
  readonly limit: AdaptiveLimit;
  /** For whose money it is probed: whoever noticed that it fails. */
  lastTenantId = '';
  private restsUntil = 0;

  constructor(
    readonly provider: Provider,
    readonly model: string,
    readonly operation: Operation,
    money: MoneyGate,
    { failures, probeIntervalMs, limit }: TargetOptions,
  ) {
    this.limit = new AdaptiveLimit(this.name, limit);
    this.breaker = new Breaker({
      failures,
      probeIntervalMs,
      probe: () => probe(this, money, probeIntervalMs),
      onOpen: () => this.limit.flush(this.unavailable()),
    });
  }

  get name(): string {
    return `"${this.model}" of "${this.provider.name}"`;
  }

  /** Milliseconds for which the provider asked to be left alone. */
  get restMs(): number {
    return Math.max(0, this.restsUntil - Date.now());
  }

  /** It is asked nothing for so long. */
  rest(seconds: number): void {
    this.restsUntil = Math.max(this.restsUntil, Date.now() + seconds * 1_000);
  }

  /** Why it cannot be asked now; undefined when it can. */
  trouble(): FailureError | undefined {
    if (this.breaker.isOpen) return this.unavailable();
    const { restMs } = this;
    if (restMs === 0) return undefined;
    const message = `The model ${this.name} limits the rate of requests and asked to be left alone for a while.`;
    return FailureError.of('provider_rate_limited', message, { retryAfterSeconds: Math.ceil(restMs / 1_000) });
  }

  private unavailable(): FailureError {
    const { retryAfterSeconds } = this.breaker;
    const message = `The model ${this.name} failed several times in a row and is not asked until it answers again.`;
    return FailureError.of('provider_unavailable', message, { retryAfterSeconds });
  }
}

/** The targets that were asked so far. They live as long as their provider does. */
export class Targets {
  private readonly known = new WeakMap<Provider, Map<string, Target>>();
  private readonly all = new Set<WeakRef<Target>>();

  constructor(
    private readonly money: MoneyGate,
    private readonly options: TargetOptions,
  ) {}

  of(provider: Provider, model: string, operation: Operation): Target {
    const targets = this.known.get(provider) ?? new Map<string, Target>();
    this.known.set(provider, targets);
    const key = `${operation} ${model}`;
    const target = targets.get(key) ?? this.make(provider, model, operation);
    targets.set(key, target);
    return target;
  }

  /** Those that are still in use. */
  *list(): Iterable<Target> {
    for (const held of this.all) {
      const target = held.deref();
      if (target) yield target;
      else this.all.delete(held);
    }
  }

  /** No more probes. */
  close(): void {
    for (const target of this.all) target.deref()?.breaker.close();
  }

  /** No more probes for a provider that is gone. */
  forget(provider: Provider): void {
    for (const target of this.known.get(provider)?.values() ?? []) target.breaker.close();
    this.known.delete(provider);
  }

  private make(provider: Provider, model: string, operation: Operation): Target {
    const target = new Target(provider, model, operation, this.money, this.options);
    this.all.add(new WeakRef(target));
    return target;
  }
}
