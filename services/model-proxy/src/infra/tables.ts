import type { ColumnType, Generated, JSONColumnType } from 'kysely';

/** Numbers with fractions arrive as text, which keeps them exact. */
type Numeric = ColumnType<string, number, number>;
type NullableNumeric = ColumnType<string | null, number | null, number | null>;
type Json = JSONColumnType<object, string, string>;

interface Saved {
  revision: Generated<number>;
  created_at: Generated<Date>;
  updated_at: Generated<Date>;
}

/** The tables of the schema, as far as they are reached through the query builder. */
export interface Tables {
  tenant_revision: { tenant_id: string; value: number };
  provider: Saved & {
    tenant_id: string;
    name: string;
    kind: string;
    base_url: string;
    sealed_key: string | null;
    key_hint: string;
    options: Json;
    merges_repeats: boolean;
  };
  route: Saved & { tenant_id: string; name: string; targets: Json; rules: Json };
  price: {
    id: Generated<number>;
    tenant_id: string;
    provider: string;
    model: string;
    version: number;
    input_per_million: NullableNumeric;
    cached_input_per_million: NullableNumeric;
    output_per_million: NullableNumeric;
    per_call: Numeric;
    withdrawn: boolean;
    valid_from: Date;
    created_at: Generated<Date>;
  };
  budget: {
    id: Generated<string>;
    tenant_id: string;
    name: string;
    scope: string;
    subject: string;
    period: string;
    limit_usd: NullableNumeric;
    limit_tokens: number | null;
    thresholds: number[];
    created_at: Generated<Date>;
    updated_at: Generated<Date>;
  };
  usage_ledger: {
    id: string;
    tenant_id: string;
    workflow_id: string;
    run_id: string;
    node_key: string;
    api_key_id: string;
    operation: string;
    provider: string;
    model: string;
    route: string;
    status: string;
    cached: boolean;
    input_tokens: number;
    cached_input_tokens: number;
    output_tokens: number;
    reasoning_tokens: number;
    usd: string | null;
    latency_ms: number | null;
    first_token_ms: number | null;
    at: Date;
  };
}
