import { migrationOf } from '@treadle/persistence';
import { sql } from 'kysely';

/** First key of the advisory locks that living registries hold; the second is the owner's number. */
export const ownerLockClass = 7_203_116;

/** The record of calls, which is also what makes a repeated call the same call; and the counts of each minute. */
export const callTables = migrationOf(sql`
  create sequence owner_number as integer cycle;
  create function owner_alive(p_owner integer) returns boolean language sql stable as $$
    select exists (
      select from pg_locks
      where locktype = 'advisory' and objsubid = 2 and granted
        and database = (select oid from pg_database where datname = current_database())
        and classid = ${sql.lit(ownerLockClass)}::oid and objid = p_owner::oid
    )
  $$;
  create table tool_call (
    id uuid primary key default gen_random_uuid(),
    tenant_id text not null,
    idempotency_key text,
    toolset text not null,
    tool text not null,
    version integer not null,
    run_id text not null,
    node_key text not null,
    workflow_id text not null,
    mutating boolean not null,
    approved boolean not null,
    arguments jsonb not null,
    arguments_hash text not null,
    status text not null check (status in ('running', 'completed', 'failed', 'unknown')),
    settled boolean not null default false,
    owner integer not null,
    attempts integer not null default 1,
    is_error boolean not null default false,
    summary text not null default '',
    failure jsonb,
    outcome bytea,
    child_run_id text,
    deadline timestamptz not null,
    started_at timestamptz not null default now(),
    finished_at timestamptz
  );
  create unique index tool_call_key on tool_call (tenant_id, idempotency_key) where idempotency_key is not null;
  create index tool_call_newest on tool_call (tenant_id, started_at desc, id desc);
  create index tool_call_run on tool_call (tenant_id, run_id) where run_id <> '';
  create index tool_call_child on tool_call (tenant_id, child_run_id) where child_run_id is not null;
  create index tool_call_running on tool_call (tenant_id, toolset, tool) where status = 'running';
  create index tool_call_finished on tool_call (finished_at) where finished_at is not null;
  create table tool_rate (
    tenant_id text not null,
    toolset text not null,
    tool text not null,
    minute timestamptz not null,
    calls integer not null,
    primary key (tenant_id, toolset, tool, minute)
  )`);
