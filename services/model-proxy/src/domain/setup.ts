import { FailureError } from '@treadle/failure';
import type { PriceOverride } from './price.js';
import type { StoredRoute, StoredTarget } from './provider-store.js';

/** Names of providers, routes and budgets: they stand in paths and in `provider/model`. */
export const nameShape = /^[A-Za-z0-9][\w.-]{0,99}$/;

/** @throws FailureError `invalid_argument`. */
export function checkName(name: string, field = 'name'): void {
  if (!nameShape.test(name))
    throw invalid(field, `"${name.slice(0, 100)}" is no name: use up to 100 letters, digits, ".", "-" and "_".`);
}

export function invalid(field: string, message: string): FailureError {
  return FailureError.of('invalid_argument', message, { field });
}

/** Where a key may be sent: scheme, host and port of the address, or the kind's own address. */
export function boundTo({ kind, baseUrl }: { readonly kind: string; readonly baseUrl: string }): string {
  return baseUrl ? new URL(baseUrl).origin : `the address of ${kind}`;
}

/** What the vault seals a key for: moved to another provider or address, it does not open. */
export function keyPurpose(provider: {
  readonly name: string;
  readonly kind: string;
  readonly baseUrl: string;
}): string {
  return `provider:${provider.name}:${boundTo(provider)}`;
}

/** A provider as it is kept: its key sealed. */
export interface SealedProvider {
  readonly name: string;
  readonly kind: string;
  readonly baseUrl: string;
  readonly sealedKey: string | undefined;
  /** The last characters of the key; empty without one. */
  readonly keyHint: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly mergesRepeats: boolean;
  readonly revision: number;
  readonly updatedAt: Date;
}

export interface SavedBudget {
  readonly name: string;
  readonly scope: 'tenant' | 'workflow' | 'api_key' | 'run';
  readonly subject: string;
  readonly period: 'hour' | 'day' | 'month' | 'total';
  readonly limitUsd: number | undefined;
  readonly limitTokens: number | undefined;
  readonly thresholds: readonly number[];
}

/** The fullest counter of a budget in this period. */
export interface BudgetState {
  readonly subject: string;
  readonly spentUsd: number;
  readonly reservedUsd: number;
  readonly spentTokens: number;
  readonly reservedTokens: number;
  readonly level: number;
}

export interface Page {
  /** Where the page before ended; empty for the first. */
  readonly cursor: string;
  readonly limit: number;
}

export type ProviderRow = Omit<SealedProvider, 'revision' | 'updatedAt'>;
export type RouteRow = StoredRoute & { readonly updatedAt: Date };

/** Where providers, routes and prices are kept. Every call may throw FailureError `unavailable`. */
export interface SetupRepository {
  provider(tenantId: string, name: string): Promise<SealedProvider | undefined>;
  providers(tenantId: string, page: Page): Promise<SealedProvider[]>;
  saveProvider(tenantId: string, provider: ProviderRow): Promise<SealedProvider>;
  routes(tenantId: string, page: Page): Promise<RouteRow[]>;
  saveRoute(tenantId: string, name: string, targets: readonly StoredTarget[], rules: object): Promise<RouteRow>;
  /** The newest version of every saved price that is not withdrawn, by provider and model. */
  prices(tenantId: string): Promise<PriceOverride[]>;
  /** A new version; without prices it withdraws the ones before. @returns the version. */
  savePrice(tenantId: string, price: Omit<PriceOverride, 'version'>): Promise<number>;
  /** @returns whether there was one. */
  remove(what: 'provider' | 'route' | 'budget', tenantId: string, name: string): Promise<boolean>;
}

export interface BudgetWithState extends SavedBudget {
  /** Undefined while nothing was counted in this period. */
  readonly state: BudgetState | undefined;
}

/** Where budgets are kept. Every call may throw FailureError `unavailable`. */
export interface BudgetRepository {
  list(tenantId: string, page: Page): Promise<BudgetWithState[]>;
  save(tenantId: string, budget: SavedBudget): Promise<BudgetWithState>;
}
