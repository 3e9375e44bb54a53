import { FailureError } from '@treadle/failure';
import { type TenantTables, withDatabase } from '@treadle/persistence';
import { type RawBuilder, sql } from 'kysely';
import type { ErasedUser, ErasureRepository, Found } from '../domain/erasure/erasure.repository.js';
import type { Database } from './database.js';

export class KyselyErasureRepository implements ErasureRepository {
  constructor(private readonly tables: TenantTables<Database>) {}

  async survey(user: ErasedUser): Promise<Found> {
    const [row] = await this.ask<Record<string, number>>(
      user.tenantId,
      sql`
        with recursive ${theirRuns(user)}, ${theirConversations(user)}, ids as materialized (select distinct id from theirs)
        select
          (select count(*) from ids)::int as runs,
          (select count(*) from journal where run_id in (select id from ids))::int as run_entries,
          (select count(*) from approvals where run_id in (select id from ids))::int as approvals,
          (select count(*) from feedback where run_id in (select id from ids))::int as feedback,
          (select count(*) from spoken)::int as conversations,
          (select count(*) from messages where conversation_id in (select id from spoken))::int as messages,
          (select count(*) from files where ${filesOf(user)})::int as files`,
    );
    return row ?? {};
  }

  runs(user: ErasedUser, skip: number, limit: number): Promise<string[]> {
    return this.inOrder(user.tenantId, theirRuns(user), skip, limit);
  }

  runsFrom(tenantId: string, runIds: readonly string[], skip: number, limit: number): Promise<string[]> {
    return this.inOrder(tenantId, runsFrom(sql`tenant_id = ${tenantId} and id = any(${runIds}::uuid[])`), skip, limit);
  }

  private async inOrder(tenantId: string, theirs: RawBuilder<unknown>, skip: number, limit: number): Promise<string[]> {
    const rows = await this.ask<{ id: string }>(
      tenantId,
      sql`
        with recursive ${theirs}
        select id from theirs group by id order by max(depth) desc, id desc offset ${skip} limit ${limit}`,
    );
    return rows.map(({ id }) => id);
  }

  async underWay(tenantId: string, runIds: readonly string[]): Promise<string[]> {
    const rows = await this.ask<{ id: string }>(
      tenantId,
      sql`
        select id from runs
        where tenant_id = ${tenantId} and id = any(${runIds}::uuid[]) and status in ('pending', 'running', 'paused')`,
    );
    return rows.map(({ id }) => id);
  }

  async removeRuns(tenantId: string, runIds: readonly string[], underWay: readonly string[]): Promise<void> {
    const ids = sql`${runIds}::uuid[]`;
    const [row] = await this.ask<{ continued: boolean }>(
      tenantId,
      sql`select exists (select from runs where origin_run_id = any(${ids}) and id <> all(${ids})) as continued`,
    );
    if (row?.continued)
      throw FailureError.of('unavailable', 'A run that was not named continues one of these. List them anew.');
    // Rows of theirs only: the journal knows no tenant, so it goes by the runs that were found.
    await this.ask(
      tenantId,
      sql`
        with old as (
          select id, conversation_id, turn from runs where tenant_id = ${tenantId} and id = any(${ids}) for update
        ), noted as (
          insert into erased_runs (run_id, tenant_id, due_at)
          select id, ${tenantId}, now() + interval '1 minute' from old where id = any(${underWay}::uuid[])
          on conflict do nothing
        ), entries as (
          delete from journal using old where journal.run_id = old.id
        ), asked as (
          delete from approvals using old where approvals.run_id = old.id
        ), said as (
          delete from messages using old
          where messages.run_id = old.id
            and messages.conversation_id = case when old.turn > 0 then old.conversation_id::uuid end
        ), keys as (
          delete from start_keys using old where start_keys.run_id = old.id
        )
        delete from runs using old where runs.id = old.id`,
    );
  }

  async removeConversations(user: ErasedUser, limit: number): Promise<number> {
    const rows = await this.ask<{ id: string }>(
      user.tenantId,
      sql`
        with ${theirConversations(user)}
        delete from conversations where id in (select id from spoken order by id limit ${limit}) returning id`,
    );
    return rows.length;
  }

  async files(user: ErasedUser, limit: number): Promise<string[]> {
    const rows = await this.ask<{ id: string }>(
      user.tenantId,
      sql`select id from files where ${filesOf(user)} order by id limit ${limit}`,
    );
    return rows.map(({ id }) => id);
  }

  async leftovers(limit: number): Promise<{ tenantId: string; runId: string }[]> {
    const { rows } = await withDatabase(() =>
      sql<{ tenantId: string; runId: string; times: number }>`
        update erased_runs set times = times + 1, due_at = now() + interval '1 minute' * power(10, times + 1)
        where run_id in (
          select run_id from erased_runs where due_at <= now() order by due_at limit ${limit} for update skip locked
        )
        returning tenant_id as "tenantId", run_id as "runId", times`.execute(this.tables.all),
    );
    const over = rows.filter(({ times }) => times >= 3).map(({ runId }) => runId);
    if (over.length > 0)
      await withDatabase(() =>
        sql`delete from erased_runs where run_id = any(${over}::uuid[])`.execute(this.tables.all),
      );
    return rows;
  }

  private async ask<Row>(tenantId: string, query: RawBuilder<unknown>): Promise<Row[]> {
    return (await withDatabase(() => query.execute(this.tables.of(tenantId)))).rows as Row[];
  }
}

const ofWorkflow = ({ workflowId }: ErasedUser) =>
  workflowId === '' ? sql`true` : sql`workflow_id = ${workflowId}::uuid`;

const filesOf = ({ tenantId, user, workflowId }: ErasedUser) =>
  workflowId === '' ? sql`tenant_id = ${tenantId} and end_user = ${user}` : sql`false`;

/** Common table `spoken`: their conversations. */
const theirConversations = (user: ErasedUser) => sql`
  spoken as (
    select id from conversations where tenant_id = ${user.tenantId} and end_user = ${user.user} and ${ofWorkflow(user)}
  )`;

/** Their runs and those of their conversations. */
const theirRuns = (user: ErasedUser) =>
  runsFrom(sql`
    tenant_id = ${user.tenantId} and ${ofWorkflow(user)} and (
      end_user = ${user.user} or conversation_id in (
        select id::text from conversations where tenant_id = ${user.tenantId} and end_user = ${user.user}
      )
    )`);

/** Common table `theirs`: runs and what continues these, whoever began it; each with how far it is from the first ones. */
const runsFrom = (condition: RawBuilder<unknown>) => sql`
  theirs (id, depth) as (
    select id, 0 from runs where ${condition}
    union
    select later.id, theirs.depth + 1 from runs later join theirs on later.origin_run_id = theirs.id
  )`;
