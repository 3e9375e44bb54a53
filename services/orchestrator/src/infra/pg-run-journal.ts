import { withDatabase } from '@treadle/persistence';
import type { Pool } from 'pg';
import type { Commit, RunFacts, RunJournal, StoredEntry, StoredRun } from '../domain/run-journal.js';
import { GroupCommit } from './group-commit.js';

/**
 * One statement, so one round trip and one commit, for any number of decisions. An entry is written when its partition is still
 * owned under the named fence, its event number is free, and its start key (if any) is new; only then does the run's row change.
 * A run's events never race each other here: the primary key of the journal decides between two writers.
 */
const appendSql = `
with input as (
  select * from unnest($1::uuid[], $2::smallint[], $3::bigint[], $4::int[], $5::int[], $6::timestamptz[], $7::text[])
    as t(run_id, partition, fence, first_sequence, event_count, at, events)
), start as (
  select * from unnest($8::uuid[], $9::text[], $10::uuid[], $11::int[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[])
    as t(run_id, tenant_id, workflow_id, version, conversation_id, end_user, traceparent, key, request_hash)
), progress as (
  select * from unnest($17::uuid[], $18::text[], $19::timestamptz[], $20::text[], $21::int[], $22::int[], $23::timestamptz[])
    as t(run_id, status, finished_at, failure, input_tokens, output_tokens, wake_at)
), fenced as (
  select i.* from input i join partition_leases l on l.partition = i.partition and l.fence = i.fence
), claimed as (
  insert into start_keys (tenant_id, key, request_hash, run_id, created_at)
  select s.tenant_id, s.key, s.request_hash, s.run_id, f.at from start s join fenced f using (run_id) where s.key is not null
  on conflict do nothing returning run_id
), written as (
  insert into journal (run_id, first_sequence, event_count, at, events)
  select f.run_id, f.first_sequence, f.event_count, f.at, f.events from fenced f left join start s using (run_id)
  where s.key is null or f.run_id in (select run_id from claimed)
  on conflict do nothing returning run_id
), started as (
  insert into runs (id, tenant_id, workflow_id, version, partition, status, created_at, finished_at, conversation_id,
    end_user, traceparent, input_tokens, output_tokens, failure, wake_at)
  select s.run_id, s.tenant_id, s.workflow_id, s.version, f.partition, p.status, f.at, p.finished_at, s.conversation_id,
    s.end_user, s.traceparent, p.input_tokens, p.output_tokens, p.failure, p.wake_at
  from start s join written using (run_id) join fenced f using (run_id) join progress p using (run_id)
), moved as (
  update runs r set status = p.status, finished_at = p.finished_at, failure = p.failure,
    input_tokens = p.input_tokens, output_tokens = p.output_tokens, wake_at = p.wake_at
  from progress p join written using (run_id) where r.id = p.run_id
)
select run_id from written`;

const loadSql = `
select r.*, j.first_sequence, j.at, j.events
from runs r join journal j on j.run_id = r.id
where r.id = any($1::uuid[]) order by r.id, j.first_sequence`;

/** A big batch keeps the statement long; beyond this nothing more is gained. */
const maxBatch = 500;

/** The journal in Postgres, written by group commit. */
export class PgRunJournal implements RunJournal {
  private readonly commits: GroupCommit<Commit>;

  constructor(private readonly pool: Pool) {
    this.commits = new GroupCommit((batch) => this.write(batch), maxBatch);
  }

  async append(commit: Commit): Promise<'written' | 'refused'> {
    return (await this.commits.append(commit)) ? 'written' : 'refused';
  }

  async load(runIds: readonly string[]): Promise<StoredRun[]> {
    if (runIds.length === 0) return [];
    const { rows } = await withDatabase(() =>
      this.pool.query<LoadedRow>({ name: 'load-runs', text: loadSql, values: [runIds] }),
    );
    const runs = new Map<string, { facts: RunFacts; entries: StoredEntry[] }>();
    for (const row of rows) {
      let run = runs.get(row.id);
      if (!run) runs.set(row.id, (run = { facts: factsOf(row), entries: [] }));
      run.entries.push({ firstSequence: row.first_sequence, at: row.at.getTime(), eventsJson: row.events });
    }
    return [...runs.values()];
  }

  async unfinished(partition: number): Promise<string[]> {
    const text = `select id from runs where partition = $1 and status in ('pending', 'running') order by id`;
    const { rows } = await withDatabase(() => this.pool.query<{ id: string }>(text, [partition]));
    return rows.map((row) => row.id);
  }

  async due(partitions: readonly number[], at: number, limit: number): Promise<string[]> {
    const text = `select id from runs where partition = any($1::smallint[]) and status = 'paused' and wake_at <= $2
      order by wake_at limit $3`;
    const { rows } = await withDatabase(() => this.pool.query<{ id: string }>(text, [partitions, iso(at), limit]));
    return rows.map((row) => row.id);
  }

  private async write(batch: readonly Commit[]): Promise<boolean[]> {
    const query = { name: 'append-journal', text: appendSql, values: columnsOf(batch) };
    const { rows } = await withDatabase(() => this.pool.query<{ run_id: string }>(query));
    const written = new Set(rows.map((row) => row.run_id));
    return batch.map((commit) => written.has(commit.runId));
  }
}

interface LoadedRow {
  id: string;
  tenant_id: string;
  workflow_id: string;
  version: number;
  partition: number;
  created_at: Date;
  conversation_id: string;
  end_user: string;
  traceparent: string;
  first_sequence: number;
  at: Date;
  events: string;
}

function factsOf(row: LoadedRow): RunFacts {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    workflowId: row.workflow_id,
    version: row.version,
    partition: row.partition,
    createdAt: row.created_at.getTime(),
    conversationId: row.conversation_id,
    user: row.end_user,
    traceparent: row.traceparent,
  };
}

/** The batch as the statement wants it: one array a column. */
function columnsOf(batch: readonly Commit[]): unknown[] {
  const starts = batch.flatMap((commit) => (commit.start ? [commit.start] : []));
  const moves = batch.flatMap(({ runId, progress }) => (progress ? [{ runId, ...progress }] : []));
  return [
    batch.map((commit) => commit.runId),
    batch.map((commit) => commit.partition),
    batch.map((commit) => commit.fence),
    batch.map((commit) => commit.firstSequence),
    batch.map((commit) => commit.eventCount),
    batch.map((commit) => iso(commit.at)),
    batch.map((commit) => commit.eventsJson),
    starts.map(({ facts }) => facts.id),
    starts.map(({ facts }) => facts.tenantId),
    starts.map(({ facts }) => facts.workflowId),
    starts.map(({ facts }) => facts.version),
    starts.map(({ facts }) => facts.conversationId),
    starts.map(({ facts }) => facts.user),
    starts.map(({ facts }) => facts.traceparent),
    starts.map(({ key }) => key?.key ?? null),
    starts.map(({ key }) => key?.requestHash ?? null),
    moves.map((move) => move.runId),
    moves.map((move) => move.status),
    moves.map((move) => (move.finishedAt === undefined ? null : iso(move.finishedAt))),
    moves.map((move) => (move.failure ? JSON.stringify(move.failure) : null)),
    moves.map((move) => move.inputTokens),
    moves.map((move) => move.outputTokens),
    moves.map((move) => (move.wakeAt === undefined ? null : iso(move.wakeAt))),
  ];
}

const iso = (at: number) => new Date(at).toISOString();
