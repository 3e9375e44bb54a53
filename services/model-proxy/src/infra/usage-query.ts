import { withDatabase } from '@treadle/persistence';
import type { Pool } from 'pg';
import type { UsageDimension, UsageQuestion, UsageSum } from '../domain/usage.js';

/** The expression that gives each dimension as text. */
const dimensions: Readonly<Record<UsageDimension, string>> = {
  api_key: 'api_key_id',
  cached: 'cached::text',
  day: bucket('day', 'YYYY-MM-DD'),
  hour: bucket('hour', 'YYYY-MM-DD"T"HH24":00Z"'),
  model: 'model',
  month: bucket('month', 'YYYY-MM'),
  node: 'node_key',
  operation: 'operation',
  provider: 'provider',
  route: 'route',
  run: 'run_id',
  status: 'status',
  workflow: 'workflow_id',
};

/** Sums over the ledger, the most expensive group first. */
export async function queryUsage(pool: Pool, question: UsageQuestion): Promise<UsageSum[]> {
  const { tenantId, from, to, groupBy, filter, limit } = question;
  const groups = groupBy.map((name) => ({ name, expression: dimensions[name] }));
  const filters = Object.entries(filter).map(([name, value]) => ({
    expression: dimensions[name as UsageDimension],
    value,
  }));
  const group = groups.map(({ name, expression }) => `'${name}', ${expression}`).join(', ');
  const text = `
    select json_build_object(${group}) as "group", count(*) as calls,
      sum(input_tokens)::bigint as "inputTokens", sum(cached_input_tokens)::bigint as "cachedInputTokens",
      sum(output_tokens)::bigint as "outputTokens", sum(reasoning_tokens)::bigint as "reasoningTokens",
      coalesce(sum(usd), 0)::float8 as "costUsd", count(*) filter (where usd is null) as "unpricedCalls",
      count(*) filter (where cached) as "cachedCalls",
      coalesce(avg(latency_ms), 0)::float8 as "meanLatencyMs", coalesce(avg(first_token_ms), 0)::float8 as "meanFirstTokenMs"
    from usage_ledger
    where tenant_id = $1 and at >= $2 and at < $3 ${filters.map(({ expression }, index) => `and ${expression} = $${index + 5}`).join(' ')}
    ${groups.length > 0 ? `group by ${groups.map(({ expression }) => expression).join(', ')}` : 'having count(*) > 0'}
    order by "costUsd" desc, calls desc limit $4`;
  const values = [tenantId, from, to, limit, ...filters.map(({ value }) => value)];
  const { rows } = await withDatabase(() => pool.query<UsageSum>(text, values));
  return rows;
}

function bucket(unit: string, format: string): string {
  return `to_char(date_trunc('${unit}', at, 'UTC') at time zone 'UTC', '${format}')`;
}
