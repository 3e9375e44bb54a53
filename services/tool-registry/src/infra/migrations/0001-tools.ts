import { migrationOf } from '@treadle/persistence';
import { sql } from 'kysely';

/** Toolsets with their versions and tools, what was saved about them, and the sealed credentials. */
export const toolTables = migrationOf(sql`
  create table data_key (
    tenant_id text not null,
    version integer not null,
    wrapped_by text not null,
    bytes bytea not null,
    created_at timestamptz not null default now(),
    primary key (tenant_id, version)
  );
  create table toolset (
    tenant_id text not null,
    name text not null,
    kind text not null,
    description text not null,
    source jsonb not null,
    serving_version integer not null,
    previous_version integer,
    candidate_version integer,
    candidate_share integer not null check (candidate_share between 0 and 100),
    latest_version integer not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (tenant_id, name)
  );
  create table toolset_version (
    tenant_id text not null,
    toolset text not null,
    version integer not null,
    hash text not null,
    settings jsonb not null,
    hosts text[] not null,
    warnings text[] not null,
    tools integer not null,
    created_at timestamptz not null default now(),
    primary key (tenant_id, toolset, version),
    foreign key (tenant_id, toolset) references toolset on delete cascade
  );
  create table tool (
    tenant_id text not null,
    toolset text not null,
    version integer not null,
    name text not null,
    description text not null,
    parameters jsonb not null,
    mutating boolean not null,
    repeatable boolean not null,
    invocation jsonb not null,
    primary key (tenant_id, toolset, version, name),
    foreign key (tenant_id, toolset, version) references toolset_version on delete cascade
  );
  create table tool_policy (
    tenant_id text not null,
    toolset text not null,
    tool text not null,
    policy jsonb not null,
    primary key (tenant_id, toolset, tool)
  );
  create sequence credential_revision;
  create table credential (
    tenant_id text not null,
    toolset text not null,
    type text not null,
    hosts text[] not null,
    settings jsonb not null,
    sealed text not null,
    hint text not null,
    revision bigint not null default nextval('credential_revision'),
    sealed_token text,
    updated_at timestamptz not null default now(),
    primary key (tenant_id, toolset),
    foreign key (tenant_id, toolset) references toolset on delete cascade
  )`);
