import type { Selectable } from 'kysely';
import type { PriceOverride } from '../domain/price.js';
import type { StoredRoute, StoredTarget } from '../domain/provider-store.js';
import type { SealedProvider } from '../domain/setup.js';
import type { Tables } from './tables.js';

type JsonObject = Readonly<Record<string, unknown>>;

export function toProvider(row: Selectable<Tables['provider']>): SealedProvider {
  return {
    name: row.name,
    kind: row.kind,
    baseUrl: row.base_url,
    sealedKey: row.sealed_key ?? undefined,
    keyHint: row.key_hint,
    options: row.options as JsonObject,
    mergesRepeats: row.merges_repeats,
    revision: row.revision,
    updatedAt: row.updated_at,
  };
}

export function toRoute({ name, targets, rules, revision }: Selectable<Tables['route']>): StoredRoute {
  return { name, targets: targets as StoredTarget[], rules: rules as JsonObject, revision };
}

export function toOverride(row: Selectable<Tables['price']>): PriceOverride {
  const prices = {
    inputPerMillion: Number(row.input_per_million),
    cachedInputPerMillion: row.cached_input_per_million === null ? undefined : Number(row.cached_input_per_million),
    outputPerMillion: Number(row.output_per_million),
    perCall: Number(row.per_call),
  };
  return {
    provider: row.provider,
    model: row.model,
    version: row.version,
    prices: row.withdrawn ? undefined : prices,
    validFrom: row.valid_from,
  };
}
