/** What a request does, as far as it is counted apart. */
export const routeClasses = ['read', 'write', 'run', 'model'] as const;
export type RouteClass = (typeof routeClasses)[number];

/** Who is counted. Addresses are counted where nobody knows the caller. */
export type RateScope = 'key' | 'user' | 'tenant' | 'address';

/** So many requests in so many seconds. */
export interface Rate {
  readonly quota: number;
  readonly seconds: number;
}

/** Rates by class; `all` counts every class that has none of its own together. */
export type Rates = Readonly<Partial<Record<RouteClass | 'all', Rate>>>;

/** The rates of an installation by whom they count; absent: without limit. */
export type ScopeRates = Readonly<Partial<Record<RateScope, Rates>>>;

/** One count that a request is part of. */
export interface CountedRate extends Rate {
  /** Such as `key-read`: the policy's name in the headers of answers. */
  readonly policy: string;
  /** Whose it is besides: names the count. */
  readonly name: string;
}

/** The count that a request of this class is part of; `undefined` where there is no limit. */
export function countedRate(
  scope: RateScope,
  id: string,
  rates: Rates,
  routeClass: RouteClass,
): CountedRate | undefined {
  const kind = rates[routeClass] ? routeClass : 'all';
  const rate = rates[kind];
  return rate && { ...rate, policy: `${scope}-${kind}`, name: `${scope} ${kind} ${id}` };
}

/** Reads `tenant.run=600/60`. */
export function parseRates(lines: readonly string[]): ScopeRates {
  const found: Partial<Record<RateScope, Rates>> = {};
  for (const line of lines) {
    const [, scope, kind, quota, seconds] = /^(\w+)\.(\w+)=(\d+)\/(\d+)$/.exec(line) ?? [];
    const rate = { quota: Number(quota), seconds: Math.max(1, Number(seconds)) };
    found[scope as RateScope] = { ...found[scope as RateScope], [String(kind)]: rate };
  }
  return found;
}

export const rateLine = /^(?:key|user|tenant|address)\.(?:read|write|run|model|all)=\d{1,9}\/[1-9]\d{0,5}$/;
