import type { Budget, Price, Provider, ProviderTest, Route, UsageGroup } from '@treadle/contracts';

/** What the model proxy is set up with, as the native API shows it. */

export function providerView(provider: Provider) {
  const { name, kind, baseUrl, optionsJson, keyHint, mergesRepeats, fromEnvironment, updatedAtUnixMs } = provider;
  return {
    name,
    kind,
    base_url: baseUrl,
    options: parse(optionsJson),
    merges_repeats: mergesRepeats,
    key_hint: keyHint || null,
    from_environment: fromEnvironment,
    updated_at: updatedAtUnixMs ? new Date(updatedAtUnixMs).toISOString() : null,
  };
}

export function providerTestView({ latencyMs, firstTokenMs, text, models }: ProviderTest) {
  return { latency_ms: latencyMs, first_token_ms: firstTokenMs || null, text, models };
}

export function routeView({ name, targets, rulesJson, updatedAtUnixMs }: Route) {
  return { name, targets, rules: parse(rulesJson), updated_at: new Date(updatedAtUnixMs).toISOString() };
}

export function priceView(price: Price) {
  return {
    provider: price.provider,
    model: price.model,
    input_per_million: price.inputPerMillion,
    ...(price.cachedInputPerMillion !== undefined && { cached_input_per_million: price.cachedInputPerMillion }),
    output_per_million: price.outputPerMillion,
    per_call: price.perCall,
    version: price.version,
    valid_from: new Date(price.validFromUnixMs).toISOString(),
  };
}

export function budgetView({ name, scope, subject, period, limitUsd, limitTokens, thresholds, state }: Budget) {
  return {
    name,
    scope,
    subject,
    period,
    ...(limitUsd !== undefined && { limit_usd: limitUsd }),
    ...(limitTokens !== undefined && { limit_tokens: limitTokens }),
    thresholds,
    state: state
      ? {
          subject: state.subject,
          spent_usd: state.spentUsd,
          reserved_usd: state.reservedUsd,
          spent_tokens: state.spentTokens,
          reserved_tokens: state.reservedTokens,
          level: state.level,
        }
      : null,
  };
}

export function usageGroupView(group: UsageGroup) {
  return {
    group: group.group,
    calls: group.calls,
    input_tokens: group.inputTokens,
    cached_input_tokens: group.cachedInputTokens,
    output_tokens: group.outputTokens,
    reasoning_tokens: group.reasoningTokens,
    cost_usd: group.costUsd,
    unpriced_calls: group.unpricedCalls,
    cached_calls: group.cachedCalls,
    mean_latency_ms: group.meanLatencyMs,
    mean_first_token_ms: group.meanFirstTokenMs,
  };
}

function parse(json: string): unknown {
  return json === '' ? {} : JSON.parse(json);
}
