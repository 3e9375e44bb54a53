import type { Caller } from '../access/caller.js';
import type { LeasedCounters, RateVerdict } from './leased-counters.js';
import { type CountedRate, countedRate, type Rates, type RouteClass, type ScopeRates } from './rate-limit.js';

/** Whose rates can be set apart from those of the installation. */
export type OverrideScope = 'key' | 'tenant';

export interface Override {
  readonly scope: OverrideScope;
  readonly id: string;
  readonly rates: Rates;
}

/** Rates that were set for one key or one organisation. Every call may throw FailureError `unavailable`. */
export interface OverrideStore {
  /** All of them that were changed since about that moment; one that was taken away has no rates. */
  changedSince(moment: Date | undefined): Promise<{ readonly overrides: readonly Override[]; readonly until: Date }>;
  get(scope: OverrideScope, id: string): Promise<Rates>;
  set(scope: OverrideScope, id: string, rates: Rates): Promise<void>;
}

/** How often a caller may ask. */
export class RateLimits {
  private overrides = new Map<string, Rates>();
  private until: Date | undefined;

  constructor(
    private readonly rates: ScopeRates,
    private readonly counters: LeasedCounters,
    readonly store: OverrideStore,
  ) {}

  /** Learns what was set since the last time: to be called every few seconds. */
  async refresh(): Promise<void> {
    const { overrides, until } = await this.store.changedSince(this.until);
    for (const { scope, id, rates } of overrides) this.overrides.set(`${scope} ${id}`, rates);
    this.until = until;
  }

  /** Counts a request in all counts that it is part of. Gives nothing where there are none; waits seldom. */
  count(caller: Caller | undefined, address: string, routeClass: RouteClass): Verdicts | Promise<Verdicts> {
    const counted = caller ? this.ofCaller(caller, routeClass) : this.ofStranger(address, routeClass);
    if (counted.length === 0) return [];
    const verdicts: RateVerdict[] = [];
    const waiting: Promise<unknown>[] = [];
    counted.forEach((rate, index) => {
      const verdict = this.counters.take(rate);
      if (verdict instanceof Promise) waiting.push(verdict.then((found) => (verdicts[index] = found)));
      else verdicts[index] = verdict;
    });
    return waiting.length === 0 ? verdicts : Promise.all(waiting).then(() => verdicts);
  }

  private ofCaller({ by, tenantId }: Caller, routeClass: RouteClass): CountedRate[] {
    const own =
      'keyId' in by
        ? this.counted('key', by.keyId, routeClass)
        : countedRate('user', by.userId, this.rates.user ?? {}, routeClass);
    return [own, this.counted('tenant', tenantId, routeClass)].filter((one) => one !== undefined);
  }

  private ofStranger(address: string, routeClass: RouteClass): CountedRate[] {
    const rate = countedRate('address', address, this.rates.address ?? {}, routeClass);
    return rate ? [rate] : [];
  }

  private counted(scope: OverrideScope, id: string, routeClass: RouteClass): CountedRate | undefined {
    const set = this.overrides.get(`${scope} ${id}`);
    const rates = this.rates[scope];
    if (!set && !rates) return undefined;
    return countedRate(scope, id, { ...rates, ...set }, routeClass);
  }
}

export type Verdicts = readonly RateVerdict[];
