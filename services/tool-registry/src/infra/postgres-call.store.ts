import { FailureError } from '@treadle/failure';
import { type OwnerLock, TenantTables, withDatabase } from '@treadle/persistence';
import { type Kysely, sql } from 'kysely';
import type { Pool } from 'pg';
import type {
  Attempt,
  Begun,
  CallFilter,
  CallStore,
  EarlierCall,
  Ending,
  Limits,
  NewCall,
  RecordedCall,
} from '../domain/call-record.js';
import type { Page } from '../domain/toolset.js';
import { endingValues, toEarlierCall } from './call-rows.js';
import { listCalls } from './list-calls.js';
import type { Tables } from './tables.js';

type Db = Kysely<Tables>;

/** The record of calls in PostgreSQL, which all replicas share. */
export class PostgresCallStore implements CallStore {
  private readonly tables: TenantTables<Tables>;

  constructor(
    pool: Pool,
    private readonly ownerLock: OwnerLock,
  ) {
    this.tables = new TenantTables<Tables>(pool);
  }

  async begin(tenantId: string, call: NewCall, limits: Limits): Promise<Begun> {
    const owner = this.owner();
    return withDatabase(async () => {
      const limited = limits.callsPerMinute !== undefined || limits.concurrency !== undefined;
      const begun = limited
        ? await this.tables.all
            .transaction()
            .execute((transaction) => beginWithin(transaction, tenantId, call, limits, owner))
        : await insertCall(this.tables.all, tenantId, call, owner);
      if (begun) return begun;
      const earlier = await findEarlier(this.tables.all, tenantId, call.idempotencyKey, owner);
      // Between the two statements it can only have been purged.
      return earlier ? { type: 'earlier', call: earlier } : this.begin(tenantId, call, limits);
    });
  }

  async earlier(tenantId: string, idempotencyKey: string): Promise<EarlierCall | undefined> {
    return withDatabase(() => findEarlier(this.tables.all, tenantId, idempotencyKey, this.owner()));
  }

  async takeOver(tenantId: string, call: EarlierCall, deadline: Date): Promise<Attempt | undefined> {
    const row = await withDatabase(() =>
      this.tables.all
        .updateTable('tool_call')
        .set({
          status: 'running',
          settled: false,
          owner: this.owner(),
          attempts: call.attempts + 1,
          deadline,
          failure: null,
          finished_at: null,
        })
        .where('tenant_id', '=', tenantId)
        .where('id', '=', call.id)
        .where('attempts', '=', call.attempts)
        .where('status', '<>', 'completed')
        .returning(['id', 'attempts'])
        .executeTakeFirst(),
    );
    return row;
  }

  async end(tenantId: string, { id, attempts }: Attempt, ending: Ending): Promise<void> {
    await withDatabase(() =>
      this.tables.all
        .updateTable('tool_call')
        .set({ ...endingValues(ending), finished_at: sql`now()` })
        .where('tenant_id', '=', tenantId)
        .where('id', '=', id)
        .where('attempts', '=', attempts)
        .execute(),
    );
  }

  async list(
    tenantId: string,
    filter: CallFilter,
    page: Page,
  ): Promise<{ readonly calls: RecordedCall[]; readonly nextCursor: string }> {
    return withDatabase(() => listCalls(this.tables.of(tenantId), tenantId, filter, page));
  }

  /** Calls whose process is gone and whose time is long over are called what they are, so that the record tells the truth. */
  async settleLost(): Promise<number> {
    const { rows } = await withDatabase(() =>
      sql`update tool_call set status = case when mutating then 'unknown' else 'failed' end, finished_at = now(), is_error = true,
            summary = 'The process that made the call died; whether it happened is not known.',
            failure = jsonb_build_object('code', 'tool_outcome_unknown', 'retryable', false,
              'message', 'The process that made the call died; whether it happened is not known.')
          where status = 'running' and deadline < now() - interval '1 minute' and not owner_alive(owner)
          returning id`.execute(this.tables.all),
    );
    return rows.length;
  }

  /** Forgets outcomes, and calls, that are older than is promised. */
  async purge(days: { readonly outcomes: number; readonly calls: number }): Promise<void> {
    await withDatabase(async () => {
      await sql`update tool_call set outcome = null
        where outcome is not null and finished_at < now() - make_interval(days => ${days.outcomes}::integer)`.execute(
        this.tables.all,
      );
      // Of calls that change nothing only the outcome is of use.
      await sql`delete from tool_call where finished_at is not null and finished_at < now() - make_interval(
        days => case when mutating then ${days.calls}::integer else least(${days.calls}::integer, ${days.outcomes}::integer) end)`.execute(
        this.tables.all,
      );
      await sql`delete from tool_rate where minute < now() - interval '5 minutes'`.execute(this.tables.all);
    });
  }

  private owner(): number {
    const { owner } = this.ownerLock;
    if (owner !== undefined) return owner;
    throw FailureError.of('unavailable', 'The tool registry is still starting.', { retryAfterSeconds: 1 });
  }
}

/** Undefined where a call of this key is there already. */
async function insertCall(db: Db, tenantId: string, call: NewCall, owner: number): Promise<Begun | undefined> {
  const row = await db
    .insertInto('tool_call')
    .values({
      tenant_id: tenantId,
      idempotency_key: call.idempotencyKey || null,
      toolset: call.toolset,
      tool: call.tool,
      version: call.version,
      run_id: call.runId,
      node_key: call.nodeKey,
      workflow_id: call.workflowId,
      mutating: call.mutating,
      approved: call.approved,
      arguments: JSON.stringify(call.arguments),
      arguments_hash: call.argumentsHash,
      status: 'running',
      owner,
      deadline: call.deadline,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning(['id', 'attempts'])
    .executeTakeFirst();
  return row && { type: 'begun', attempt: row };
}

/** Beginnings of one tool wait for each other here, so that no two of them take the last place. */
async function beginWithin(
  db: Db,
  tenantId: string,
  call: NewCall,
  { callsPerMinute, concurrency }: Limits,
  owner: number,
): Promise<Begun | undefined> {
  const { toolset, tool } = call;
  const lock = JSON.stringify([tenantId, toolset, tool]);
  await sql`select pg_advisory_xact_lock(hashtextextended(${lock}, 7203116))`.execute(db);
  if (call.idempotencyKey && (await findEarlier(db, tenantId, call.idempotencyKey, owner))) return undefined;
  if (concurrency !== undefined && (await running(db, tenantId, call)) >= concurrency) return { type: 'full' };
  if (callsPerMinute !== undefined) {
    const retryAfterSeconds = await countCall(db, tenantId, call, callsPerMinute);
    if (retryAfterSeconds > 0) return { type: 'limited', retryAfterSeconds };
  }
  return insertCall(db, tenantId, call, owner);
}

async function running(db: Db, tenantId: string, { toolset, tool }: NewCall): Promise<number> {
  const { rows } = await sql<{ calls: number }>`select count(*)::integer as calls from tool_call
    where status = 'running' and tenant_id = ${tenantId} and toolset = ${toolset} and tool = ${tool}
      and deadline > now() and owner_alive(owner)`.execute(db);
  return rows[0]?.calls ?? 0;
}

/** @returns seconds until the next minute where this one is full, else 0. */
async function countCall(db: Db, tenantId: string, { toolset, tool }: NewCall, limit: number): Promise<number> {
  const { rows } = await sql<{ calls: number; left: number }>`
    insert into tool_rate as r (tenant_id, toolset, tool, minute, calls)
    values (${tenantId}, ${toolset}, ${tool}, date_trunc('minute', now()), 1)
    on conflict (tenant_id, toolset, tool, minute) do update set calls = least(r.calls + 1, ${limit}::integer + 1)
    returning calls, 60 - floor(extract(second from now()))::integer as left`.execute(db);
  const { calls, left } = rows[0] ?? { calls: 0, left: 0 };
  return calls > limit ? Math.max(1, left) : 0;
}

async function findEarlier(
  db: Db,
  tenantId: string,
  idempotencyKey: string,
  owner: number,
): Promise<EarlierCall | undefined> {
  const row = await db
    .selectFrom('tool_call')
    .selectAll()
    .select(sql<boolean>`owner_alive(owner)`.as('alive'))
    .where('tenant_id', '=', tenantId)
    .where('idempotency_key', '=', idempotencyKey)
    .executeTakeFirst();
  return row && toEarlierCall(row, owner);
}
