import { migrationOf } from '@treadle/persistence';
import { sql } from 'kysely';

/**
 * What calls spend. `counters` names the budget counters a call was counted in: `[{"b": budget, "s": subject, "p": start of the period}]`.
 * `owner` is the process that made the call; it holds an advisory lock as long as it lives.
 */
export const spendingTables = migrationOf(sql`
  create sequence owner_number as integer cycle;
  create table budget_counter (
    budget_id uuid not null references budget on delete cascade,
    subject text not null,
    period_start timestamptz not null,
    spent_usd numeric(24, 12) not null default 0,
    reserved_usd numeric(24, 12) not null default 0,
    spent_tokens bigint not null default 0,
    reserved_tokens bigint not null default 0,
    level integer not null default 0,
    primary key (budget_id, subject, period_start)
  ) with (fillfactor = 50);
  create table budget_event (
    id bigint generated always as identity primary key,
    tenant_id text not null,
    budget_id uuid not null references budget on delete cascade,
    subject text not null,
    period_start timestamptz not null,
    level integer not null,
    at timestamptz not null default now(),
    published boolean not null default false
  );
  create index budget_event_unpublished on budget_event (id) where not published;
  create index budget_event_of_budget on budget_event (budget_id, id);
  create table reservation (
    id uuid primary key,
    owner integer not null,
    tenant_id text not null,
    workflow_id text not null,
    run_id text not null,
    node_key text not null,
    api_key_id text not null,
    operation text not null,
    provider text not null,
    model text not null,
    route text not null,
    idempotency_key text not null,
    price_version text not null,
    usd numeric(24, 12),
    input_tokens bigint not null,
    output_tokens bigint not null,
    counters jsonb not null,
    at timestamptz not null default now(),
    expires_at timestamptz not null
  );
  create index reservation_expiry on reservation (expires_at);
  create index reservation_key on reservation (tenant_id, idempotency_key) where idempotency_key <> '';
  create table usage_ledger (
    id uuid primary key,
    owner integer not null,
    tenant_id text not null,
    workflow_id text not null,
    run_id text not null,
    node_key text not null,
    api_key_id text not null,
    operation text not null,
    provider text not null,
    model text not null,
    route text not null,
    idempotency_key text not null,
    price_version text not null,
    status text not null check (status in ('completed', 'failed', 'cancelled', 'lost')),
    cached boolean not null default false,
    input_tokens bigint not null,
    cached_input_tokens bigint not null,
    output_tokens bigint not null,
    reasoning_tokens bigint not null,
    usd numeric(24, 12),
    currency text not null default 'USD',
    latency_ms integer,
    first_token_ms integer,
    counters jsonb not null,
    at timestamptz not null
  );
  create index usage_ledger_time on usage_ledger (tenant_id, at);
  create index usage_ledger_key on usage_ledger (tenant_id, idempotency_key) where idempotency_key <> ''`);
