import { calcPrice, TieredPrices } from '@pydantic/genai-prices';
import { LRUCache } from 'lru-cache';
import type { BilledUsage } from '../domain/money-gate.js';
import { type Price, type PricedModel, roundUsd, tokenPrice } from '../domain/price.js';

const version = 'genai-prices@0.1.8';

/** Kinds of providers that the price list knows by another name. A kind it does not know is looked up by the provider's own name. */
const listNames: Readonly<Record<string, string>> = {
  'azure-openai': 'azure',
  bedrock: 'aws',
  'google-gemini': 'google',
};

/** Models that run on the operator's own machines. */
const freeKinds = new Set(['demo', 'local', 'ollama']);
const free = tokenPrice('free', { inputPerMillion: 0, cachedInputPerMillion: 0, outputPerMillion: 0, perCall: 0 });

/** The list prices that ship with Treadle. They are kept for an hour each, since finding one takes longer than using it. */
export class DefaultPrices {
  private readonly kept = new LRUCache<string, { readonly price: Price | undefined }>({ max: 5000, ttl: 3_600_000 });

  find({ provider, kind, model }: PricedModel): Price | undefined {
    if (freeKinds.has(kind)) return free;
    const name = `${kind}\0${provider}\0${model}`;
    const kept = this.kept.get(name);
    if (kept) return kept.price;
    const price = look(listNames[kind] ?? kind, model) ?? look(provider, model);
    this.kept.set(name, { price });
    return price;
  }
}

function look(providerId: string, model: string): Price | undefined {
  const found = lookUp(providerId, model);
  if (!found) return undefined;
  const { input_mtok, output_mtok, cache_read_mtok } = found.model_price;
  // Prices that depend on size or on the time of day are worked out by the list itself.
  const plain = [input_mtok, output_mtok, cache_read_mtok].every((price) => !(price instanceof TieredPrices));
  if (!plain || Array.isArray(found.model.prices))
    return { version, cost: (usage) => calculated(providerId, model, usage) };
  return tokenPrice(version, {
    inputPerMillion: numberOf(input_mtok) ?? 0,
    cachedInputPerMillion: numberOf(cache_read_mtok),
    outputPerMillion: numberOf(output_mtok) ?? 0,
    perCall: 0,
  });
}

function lookUp(providerId: string, model: string, usage: BilledUsage | undefined = undefined) {
  const tokens = {
    input_tokens: usage?.inputTokens ?? 0,
    output_tokens: usage?.outputTokens ?? 0,
    cache_read_tokens: usage?.cachedInputTokens ?? 0,
  };
  try {
    return calcPrice(tokens, model, { providerId }) ?? undefined;
  } catch {
    // The list throws for counts it cannot price, such as output of an embedding model.
    return undefined;
  }
}

function calculated(providerId: string, model: string, usage: BilledUsage): number {
  return roundUsd(lookUp(providerId, model, usage)?.total_price ?? 0);
}

function numberOf(price: number | TieredPrices | undefined): number | undefined {
  return typeof price === 'number' ? price : undefined;
}
