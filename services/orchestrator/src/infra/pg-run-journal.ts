import { withDatabase } from '@treadle/persistence';
import { DatabaseError, type Pool } from 'pg';
import type { Commit, RunFacts, RunJournal, StoredEntry, StoredRun } from '../domain/runs/run-journal.js';
import { appendStatement } from './append/append-statement.js';
import { GroupCommit } from './group-commit.js';
import { type OriginColumns, originOf } from './origin-of.js';

const loadSql = `
select r.*, j.first_sequence, j.at, j.events
from runs r join journal j on j.run_id = r.id
where r.id = any($1::uuid[]) order by r.id, j.first_sequence`;

/** A big batch keeps the statement long; beyond this nothing more is gained. */
const maxBatch = 500;

/** Told of each write: of how many decisions, how long it took, and whether it went well. */
export type WriteObserver = (commits: number, seconds: number, wentWell: boolean) => void;

/** The journal in Postgres, written by group commit. */
export class PgRunJournal implements RunJournal {
  private readonly commits: GroupCommit<Commit>;

  constructor(
    private readonly pool: Pool,
    private readonly observe: WriteObserver = () => undefined,
  ) {
    this.commits = new GroupCommit((batch) => this.measured(batch), maxBatch);
  }

  /** Decisions that wait to be written. */
  get waiting(): number {
    return this.commits.size;
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

  private async measured(batch: readonly Commit[]): Promise<boolean[]> {
    const startedAt = performance.now();
    let wentWell = false;
    try {
      const written = await this.write(batch);
      wentWell = true;
      return written;
    } finally {
      this.observe(batch.length, (performance.now() - startedAt) / 1000, wentWell);
    }
  }

  private async write(batch: readonly Commit[]): Promise<boolean[]> {
    const { name, text, values } = appendStatement(batch);
    try {
      const query = { name, text, values: [...values] };
      const { rows } = await withDatabase(() => this.pool.query<{ run_id: string }>(query));
      const written = new Set(rows.map((row) => row.run_id));
      return batch.map((commit) => written.has(commit.runId));
    } catch (error) {
      // Of a batch it is not known which one is too late: its items are written again one by one.
      if (batch.length === 1 && isTooLate(error)) return [false];
      throw error;
    }
  }
}

/**
 * Two owners in a row may have given the same turn to two runs; the database has let one of them pass. Or the run that one continues
 * was deleted in that moment.
 */
function isTooLate(error: unknown): boolean {
  return error instanceof DatabaseError && ['runs_by_turn', 'runs_origin'].includes(error.constraint ?? '');
}

interface LoadedRow extends OriginColumns {
  id: string;
  tenant_id: string;
  workflow_id: string;
  version: number;
  partition: number;
  created_at: Date;
  conversation_id: string;
  turn: number;
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
    turn: row.turn,
    user: row.end_user,
    traceparent: row.traceparent,
    ...originOf(row),
  };
}

const iso = (at: number) => new Date(at).toISOString();
