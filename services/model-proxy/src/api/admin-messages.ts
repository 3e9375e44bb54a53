import type {
  Budget,
  Price,
  Provider,
  ProviderTest as ProviderTestMessage,
  Route,
  UsageGroup,
} from '@treadle/contracts';
import type { PriceOverride } from '../domain/price.js';
import type { StoredTarget } from '../domain/provider-store.js';
import type { ProviderTest } from '../domain/provider-test.js';
import {
  type BudgetWithState,
  invalid,
  type RouteRow,
  type SavedBudget,
  type SealedProvider,
} from '../domain/setup.js';
import type { UsageSum } from '../domain/usage.js';

/** Whatever is saved, in the words of the contract. Keys never leave: only their hints do. */

export function providerMessage({ options, updatedAt, ...provider }: SealedProvider): Provider {
  const { name, kind, baseUrl, keyHint, mergesRepeats } = provider;
  const optionsJson = JSON.stringify(options);
  const updatedAtUnixMs = updatedAt.getTime();
  return { name, kind, baseUrl, optionsJson, keyHint, mergesRepeats, fromEnvironment: false, updatedAtUnixMs };
}

/** A provider that settings of the process made. */
export function environmentProvider(name: string): Provider {
  const nothing = { baseUrl: '', optionsJson: '', keyHint: '', mergesRepeats: false, updatedAtUnixMs: 0 };
  return { ...nothing, name, kind: name, fromEnvironment: true };
}

export function testMessage({ latencyMs, firstTokenMs, text, models }: ProviderTest): ProviderTestMessage {
  return { latencyMs, firstTokenMs: firstTokenMs ?? 0, text, models: [...models] };
}

export function routeMessage({ name, targets, rules, updatedAt }: RouteRow): Route {
  return { name, targets: [...targets], rulesJson: JSON.stringify(rules), updatedAtUnixMs: updatedAt.getTime() };
}

export function priceMessage({ provider, model, version, prices, validFrom }: PriceOverride): Price {
  return {
    provider,
    model,
    version,
    inputPerMillion: prices?.inputPerMillion ?? 0,
    cachedInputPerMillion: prices?.cachedInputPerMillion,
    outputPerMillion: prices?.outputPerMillion ?? 0,
    perCall: prices?.perCall ?? 0,
    validFromUnixMs: validFrom.getTime(),
  };
}

export function toPrice(price: Price | undefined): Omit<PriceOverride, 'version'> {
  const { provider, model, validFromUnixMs, inputPerMillion, cachedInputPerMillion, outputPerMillion, perCall } = given(
    price,
    'price',
  );
  const prices = { inputPerMillion, cachedInputPerMillion, outputPerMillion, perCall };
  return { provider, model, prices, validFrom: validFromUnixMs ? new Date(validFromUnixMs) : new Date() };
}

export function budgetMessage({ thresholds, ...budget }: BudgetWithState): Budget {
  return { ...budget, thresholds: [...thresholds] };
}

/** The words of scope and period are checked where the budget is saved. */
export function toBudget(budget: Budget | undefined): SavedBudget {
  const { name, subject, scope, period, limitUsd, limitTokens, thresholds } = given(budget, 'budget');
  return {
    name,
    subject,
    limitUsd,
    limitTokens,
    scope: scope as SavedBudget['scope'],
    period: period as SavedBudget['period'],
    thresholds: thresholds.length > 0 ? thresholds : [75, 90],
  };
}

export function toTarget({ provider, model, weight, order }: StoredTarget): StoredTarget {
  return { provider, model, weight, order };
}

export function usageMessage({ group, ...sums }: UsageSum): UsageGroup {
  return { ...sums, group: { ...group } };
}

export function given<T>(value: T | undefined, field: string): T {
  if (value === undefined) throw invalid(field, `The request carries no ${field}.`);
  return value;
}

/** Empty means none. */
export function objectOf(json: string, field: string): Readonly<Record<string, unknown>> {
  if (json === '') return {};
  const value = parse(json);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid(field, `The ${field} must be a JSON object.`);
  return { ...value };
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
