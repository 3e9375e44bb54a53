import type { BilledUsage } from './money-gate.js';

/** What a model costs at one moment. */
export interface Price {
  /** Where it comes from, such as `genai-prices@0.1.8` or `override 3`. The ledger keeps it. */
  readonly version: string;
  /** In US dollars; more tokens never cost less. */
  cost(usage: BilledUsage): number;
}

export interface PricedModel {
  readonly tenantId: string;
  readonly provider: string;
  readonly kind: string;
  readonly model: string;
}

/** Prices as they are now. Answers from memory. */
export interface PriceTable {
  /** Undefined when nobody knows the price. */
  find(model: PricedModel): Price | undefined;
}

/** Prices in US dollars for a million tokens. */
export interface TokenPrices {
  readonly inputPerMillion: number;
  /** Undefined: as any input. */
  readonly cachedInputPerMillion: number | undefined;
  readonly outputPerMillion: number;
  /** For each call beside its tokens, as rerankers are priced. */
  readonly perCall: number;
}

export function tokenPrice(version: string, prices: TokenPrices): Price {
  const { inputPerMillion, cachedInputPerMillion = inputPerMillion, outputPerMillion, perCall } = prices;
  const cost = ({ inputTokens, cachedInputTokens, outputTokens }: BilledUsage) => {
    const cached = Math.min(cachedInputTokens, inputTokens);
    const tokens =
      (inputTokens - cached) * inputPerMillion + cached * cachedInputPerMillion + outputTokens * outputPerMillion;
    return roundUsd(tokens / 1e6 + perCall);
  };
  return { version, cost };
}

/** As exact as the ledger's columns. */
export function roundUsd(usd: number): number {
  return Number(usd.toFixed(12));
}

/** A price that an administrator saved; a later version replaces an earlier one from its moment on. */
export interface PriceOverride {
  /** Empty for any provider. */
  readonly provider: string;
  /** A model, or the beginning of one and `*`. */
  readonly model: string;
  readonly version: number;
  /** Undefined withdraws the override: the default price holds again. */
  readonly prices: TokenPrices | undefined;
  readonly validFrom: Date;
}

/**
 * The override for a model: that of the provider before that of any, the exact name before a pattern, a longer pattern before a shorter,
 * and of these the newest version that holds already.
 */
export function findOverride(
  overrides: readonly PriceOverride[],
  { provider, model }: Pick<PricedModel, 'provider' | 'model'>,
  now: number,
): PriceOverride | undefined {
  const matching = overrides.filter(
    (override) =>
      (override.provider === '' || override.provider === provider) &&
      matches(override.model, model) &&
      override.validFrom.getTime() <= now,
  );
  const newest = new Map<string, PriceOverride>();
  for (const override of matching) {
    const name = `${override.provider}\0${override.model}`;
    if ((newest.get(name)?.version ?? 0) < override.version) newest.set(name, override);
  }
  return [...newest.values()].filter(({ prices }) => prices !== undefined).sort(byCloseness)[0];
}

function matches(pattern: string, model: string): boolean {
  return pattern.endsWith('*') ? model.startsWith(pattern.slice(0, -1)) : pattern === model;
}

function byCloseness(a: PriceOverride, b: PriceOverride): number {
  const named = Number(b.provider !== '') - Number(a.provider !== '');
  const exact = Number(a.model.endsWith('*')) - Number(b.model.endsWith('*'));
  return named || exact || b.model.length - a.model.length;
}
