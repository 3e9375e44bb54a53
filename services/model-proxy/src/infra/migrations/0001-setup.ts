import { migrationOf } from '@treadle/persistence';
import { sql } from 'kysely';

/** What administrators save: providers with sealed keys, routes, prices and budgets; and a number for each tenant that changes with any of it. */
export const setupTables = migrationOf(sql`
  create table data_key (
    tenant_id text not null,
    version integer not null,
    wrapped_by text not null,
    bytes bytea not null,
    created_at timestamptz not null default now(),
    primary key (tenant_id, version)
  );
  create table tenant_revision (
    tenant_id text primary key,
    value bigint not null
  );
  create table provider (
    tenant_id text not null,
    name text not null,
    kind text not null,
    base_url text not null,
    sealed_key text,
    key_hint text not null,
    options jsonb not null,
    revision bigint not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (tenant_id, name)
  );
  create table route (
    tenant_id text not null,
    name text not null,
    targets jsonb not null,
    rules jsonb not null,
    revision bigint not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (tenant_id, name)
  );
  create table price (
    id bigint generated always as identity primary key,
    tenant_id text not null,
    provider text not null,
    model text not null,
    version integer not null,
    input_per_million numeric(20, 9),
    cached_input_per_million numeric(20, 9),
    output_per_million numeric(20, 9),
    per_call numeric(20, 9) not null default 0,
    withdrawn boolean not null default false,
    valid_from timestamptz not null default now(),
    created_at timestamptz not null default now(),
    unique (tenant_id, provider, model, version)
  );
  create table budget (
    id uuid primary key default gen_random_uuid(),
    tenant_id text not null,
    name text not null,
    scope text not null check (scope in ('tenant', 'workflow', 'api_key', 'run')),
    subject text not null,
    period text not null check (period in ('hour', 'day', 'month', 'total')),
    limit_usd numeric(24, 12) check (limit_usd >= 0),
    limit_tokens bigint check (limit_tokens >= 0),
    thresholds integer[] not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (tenant_id, name),
    check (limit_usd is not null or limit_tokens is not null)
  )`);
