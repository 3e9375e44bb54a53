import type { Migration } from '@treadle/persistence';
import { type Kysely, sql } from 'kysely';

/** Workflows and their versions; runs and their journal; who owns which partition. */
export const workflowsAndRuns: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await createWorkflows(db);
    await createRuns(db);
    await createLeases(db);
  },
};

async function createWorkflows(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table workflows (
      id uuid primary key,
      tenant_id text not null,
      name text not null,
      description text not null,
      latest_version integer not null,
      published_version integer,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now()
    )`.execute(db);
  await sql`create index workflows_by_tenant on workflows (tenant_id, id)`.execute(db);
  await sql`
    create table workflow_versions (
      workflow_id uuid not null references workflows (id),
      version integer not null,
      tenant_id text not null,
      document text not null,
      format text not null,
      original text not null,
      warnings text not null,
      published_at timestamptz,
      created_at timestamptz not null default now(),
      primary key (workflow_id, version)
    )`.execute(db);
}

async function createRuns(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table runs (
      id uuid primary key,
      tenant_id text not null,
      workflow_id uuid not null,
      version integer not null,
      partition smallint not null,
      status text not null,
      created_at timestamptz not null,
      finished_at timestamptz,
      conversation_id text not null,
      end_user text not null,
      traceparent text not null,
      input_tokens integer not null,
      output_tokens integer not null,
      failure text,
      wake_at timestamptz
    )`.execute(db);
  await sql`create index runs_by_tenant on runs (tenant_id, id)`.execute(db);
  await sql`create index runs_by_workflow on runs (workflow_id, id)`.execute(db);
  await sql`create index runs_unfinished on runs (partition, id) where status in ('pending', 'running')`.execute(db);
  await sql`create index runs_waking on runs (wake_at) where status = 'paused'`.execute(db);
  // Text, not jsonb: it is read whole, costs no parse on the way in, and keeps every string that JSON can hold.
  await sql`
    create table journal (
      run_id uuid not null,
      first_sequence integer not null,
      event_count integer not null,
      at timestamptz not null,
      events text not null,
      primary key (run_id, first_sequence)
    )`.execute(db);
  await sql`
    create table start_keys (
      tenant_id text not null,
      key text not null,
      request_hash text not null,
      run_id uuid not null,
      created_at timestamptz not null,
      primary key (tenant_id, key)
    )`.execute(db);
}

async function createLeases(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table replicas (
      id text primary key,
      expires_at timestamptz not null
    )`.execute(db);
  await sql`
    create table partition_leases (
      partition smallint primary key,
      owner text,
      fence bigint not null,
      expires_at timestamptz not null
    )`.execute(db);
}
