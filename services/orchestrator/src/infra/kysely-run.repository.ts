import type { RunStatus } from '@treadle/engine';
import type { Failure } from '@treadle/failure';
import { type TenantTables, withDatabase } from '@treadle/persistence';
import { type Selectable, sql } from 'kysely';
import type { RunFilter, RunRepository, RunRow } from '../domain/runs/run.repository.js';
import type { StoredEntry } from '../domain/runs/run-journal.js';
import type { Whose } from '../domain/whose.js';
import type { Database } from './database.js';
import { originOf } from './origin-of.js';

/** The list of runs shows the others. */
const maxContinuations = 100;

export class KyselyRunRepository implements RunRepository {
  constructor(private readonly tables: TenantTables<Database>) {}

  async find(tenantId: string, runId: string, { workflowId, user }: Whose = {}): Promise<RunRow | undefined> {
    let query = this.runsOf(tenantId).where('runs.id', '=', runId);
    if (workflowId !== undefined) query = query.where(sql`runs.workflow_id::text`, '=', workflowId);
    if (user !== undefined) query = query.where('runs.end_user', '=', user);
    const row = await withDatabase(() => query.executeTakeFirst());
    return row && runOf(row);
  }

  async list(filter: RunFilter): Promise<RunRow[]> {
    let query = this.runsOf(filter.tenantId).where(fitting(filter)).orderBy('runs.id', 'desc').limit(filter.limit);
    if (filter.before) query = query.where('runs.id', '<', filter.before);
    if (filter.skip) query = query.offset(filter.skip);
    return (await withDatabase(() => query.execute())).map(runOf);
  }

  async count(filter: RunFilter): Promise<number> {
    const query = this.tables
      .of(filter.tenantId)
      .selectFrom('runs')
      .select(({ fn }) => fn.countAll<string>().as('count'))
      .where('runs.tenant_id', '=', filter.tenantId)
      .where(fitting(filter));
    return Number((await withDatabase(() => query.executeTakeFirstOrThrow())).count);
  }

  async continuations(tenantId: string, runId: string): Promise<string[]> {
    const rows = await withDatabase(() =>
      this.tables
        .of(tenantId)
        .selectFrom('runs')
        .select('id')
        .where('tenant_id', '=', tenantId)
        .where('origin_run_id', '=', runId)
        .orderBy('id', 'desc')
        .limit(maxContinuations)
        .execute(),
    );
    return rows.map(({ id }) => id);
  }

  async entries(runId: string, afterSequence: number, limit?: number): Promise<StoredEntry[]> {
    let query = this.tables.all
      .selectFrom('journal')
      .select(['first_sequence', 'at', 'events'])
      .where('run_id', '=', runId)
      .where((where) => where(where('first_sequence', '+', where.ref('event_count')), '>', afterSequence + 1))
      .orderBy('first_sequence');
    if (limit !== undefined) query = query.limit(limit);
    const rows = await withDatabase(() => query.execute());
    return rows.map((row) => ({ firstSequence: row.first_sequence, at: row.at.getTime(), eventsJson: row.events }));
  }

  private runsOf(tenantId: string) {
    return this.tables
      .of(tenantId)
      .selectFrom('runs')
      .innerJoin('workflows', 'workflows.id', 'runs.workflow_id')
      .selectAll('runs')
      .select('workflows.name as workflow_name')
      .where('runs.tenant_id', '=', tenantId);
  }
}

/** What a filter asks of the rows of its tenant. */
function fitting({ workflowId, originRunId, user, statuses, keyword, createdFrom, createdBefore }: RunFilter) {
  return sql<boolean>`${sql.join(
    [
      sql`true`,
      ...(workflowId ? [sql`runs.workflow_id = ${workflowId}`] : []),
      ...(originRunId ? [sql`runs.origin_run_id = ${originRunId}`] : []),
      ...(user ? [sql`runs.end_user = ${user}`] : []),
      ...(keyword ? [sql`(strpos(runs.end_user, ${keyword}) > 0 or strpos(runs.id::text, ${keyword}) > 0)`] : []),
      ...(statuses.length > 0 ? [sql`runs.status in (${sql.join([...statuses])})`] : []),
      ...(createdFrom ? [sql`runs.created_at >= ${new Date(createdFrom)}`] : []),
      ...(createdBefore ? [sql`runs.created_at < ${new Date(createdBefore)}`] : []),
    ],
    sql` and `,
  )}`;
}

function runOf(row: Selectable<Database['runs']> & { workflow_name: string }): RunRow {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    workflowId: row.workflow_id,
    workflowName: row.workflow_name,
    version: row.version,
    partition: row.partition,
    status: row.status as RunStatus,
    createdAt: row.created_at.getTime(),
    conversationId: row.conversation_id,
    turn: row.turn,
    user: row.end_user,
    traceparent: row.traceparent,
    inputTokens: row.input_tokens,
    outputTokens: row.output_tokens,
    ...originOf(row),
    ...(row.finished_at ? { finishedAt: row.finished_at.getTime() } : {}),
    ...(row.failure ? { failure: JSON.parse(row.failure) as Failure } : {}),
  };
}
