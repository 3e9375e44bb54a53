import type { Migration } from '@treadle/persistence';
import { type Kysely, sql } from 'kysely';

const tables = [
  sql`
    create table organisation (
      id text primary key,
      name text not null,
      created_at timestamptz not null default now()
    )`,
  sql`insert into organisation (id, name) values ('default', 'Default')`,
  sql`insert into organisation (id, name) select distinct tenant_id, tenant_id from api_key on conflict do nothing`,
  sql`
    create table person (
      id uuid primary key default gen_random_uuid(),
      email text not null unique,
      name text not null,
      password_hash text,
      created_at timestamptz not null default now()
    )`,
  sql`
    create table identity (
      issuer text not null,
      subject text not null,
      user_id uuid not null references person on delete cascade,
      primary key (issuer, subject)
    )`,
  sql`
    create table role (
      tenant_id text not null references organisation on delete cascade,
      name text not null,
      permissions text[] not null,
      primary key (tenant_id, name)
    )`,
  sql`
    create table membership (
      tenant_id text not null references organisation on delete cascade,
      user_id uuid not null references person on delete cascade,
      role text not null,
      created_at timestamptz not null default now(),
      accepted_at timestamptz,
      disabled_at timestamptz,
      last_sign_in_at timestamptz,
      primary key (tenant_id, user_id)
    )`,
  sql`create index membership_by_user on membership (user_id)`,
  sql`
    create table invitation (
      hash text primary key,
      tenant_id text not null,
      user_id uuid not null,
      resets_password boolean not null,
      expires_at timestamptz not null,
      foreign key (tenant_id, user_id) references membership on delete cascade
    )`,
  sql`
    create table session (
      id uuid primary key default gen_random_uuid(),
      tenant_id text not null,
      user_id uuid not null,
      refresh_hash text not null unique,
      address text not null,
      agent text not null,
      created_at timestamptz not null default now(),
      refreshed_at timestamptz not null default now(),
      expires_at timestamptz not null,
      ended_at timestamptz,
      foreign key (tenant_id, user_id) references membership on delete cascade
    )`,
  sql`create index session_by_user on session (user_id)`,
  sql`
    create table used_refresh (
      hash text primary key,
      session_id uuid not null references session on delete cascade
    )`,
  sql`
    create table sign_in_attempt (
      name text primary key,
      failures integer not null,
      last_at timestamptz not null,
      blocked_until timestamptz
    )`,
  sql`
    create table open_id_attempt (
      state_hash text primary key,
      binder_hash text not null,
      nonce text not null,
      verifier text not null,
      redirect_uri text not null,
      expires_at timestamptz not null
    )`,
  sql`
    create table signing_key (
      kid text primary key,
      public_jwk jsonb not null,
      sealed_private text not null,
      signs_from timestamptz not null,
      signs_until timestamptz not null,
      kept_until timestamptz not null
    )`,
  sql`
    create table data_key (
      tenant_id text not null,
      version integer not null,
      wrapped_by text not null,
      bytes bytea not null,
      created_at timestamptz not null default now(),
      primary key (tenant_id, version)
    )`,
  sql`
    alter table api_key
      add column name text not null default '',
      add column scopes text[],
      add column workflow_id text,
      add column dataset_id text,
      add column created_by text not null default '',
      add column expires_at timestamptz`,
  sql`create index api_key_by_tenant on api_key (tenant_id, id)`,
];

/** Organisations, people, their roles and sessions; what API keys are for. */
export const identity: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const table of tables) await table.execute(db);
  },
};
