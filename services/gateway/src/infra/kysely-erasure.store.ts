import { withDatabase } from '@treadle/persistence';
import { type Kysely, type Selectable, sql } from 'kysely';
import type { Erasure, ErasureProgress, ErasureStore, NewErasure } from '../domain/erasure/erasure.js';
import type { Database, ErasureTable } from './database.js';
import type { TenantDatabase } from './tenant-database.js';

const after = (ms: number) => sql<Date>`now() + ${ms} * interval '1 millisecond'`;

export class KyselyErasureStore implements ErasureStore {
  constructor(private readonly database: TenantDatabase) {}

  async add({ id, tenantId, endUser, subject, workflowId, dryRun }: NewErasure): Promise<Erasure> {
    const row = { id, tenant_id: tenantId, end_user: endUser, subject, workflow_id: workflowId, dry_run: dryRun };
    return this.database.within(tenantId, async (db) => {
      const made = await db
        .insertInto('erasure')
        .values(row)
        .onConflict((conflict) => conflict.doNothing())
        .returningAll()
        .executeTakeFirst();
      if (made) return erasureOf(made);
      // The same wish is under way already.
      const same = {
        tenant_id: tenantId,
        subject,
        workflow_id: workflowId,
        dry_run: dryRun,
        status: 'running' as const,
      };
      const there = await matching(db, same).orderBy('number', 'desc').executeTakeFirst();
      if (there) return erasureOf(there);
      return erasureOf(await db.insertInto('erasure').values(row).returningAll().executeTakeFirstOrThrow());
    });
  }

  async get(tenantId: string, id: string): Promise<Erasure | undefined> {
    const row = await this.database.within(tenantId, (db) =>
      matching(db, { tenant_id: tenantId, id }).executeTakeFirst(),
    );
    return row && erasureOf(row);
  }

  async list(tenantId: string, below: number, limit: number): Promise<readonly Erasure[]> {
    const rows = await this.database.within(tenantId, (db) => {
      const found = matching(db, { tenant_id: tenantId }).orderBy('number', 'desc').limit(limit);
      return (below > 0 ? found.where('number', '<', String(below)) : found).execute();
    });
    return rows.map(erasureOf);
  }

  async claim(leaseMs: number): Promise<Erasure | undefined> {
    const { everything } = this.database;
    const { rows } = await withDatabase(() =>
      sql<Selectable<ErasureTable>>`
        update erasure set due_at = ${after(leaseMs)} where id = (
          select id from erasure where status = 'running' and due_at <= now() order by due_at limit 1 for update skip locked
        ) returning *`.execute(everything),
    );
    return rows[0] && erasureOf(rows[0]);
  }

  async save({ id, tenantId }: Erasure, progress: ErasureProgress, leaseMs: number): Promise<Erasure> {
    const { found, left, cancelledRuns, error, status } = progress;
    const done = status === 'completed';
    const row = await this.database.within(tenantId, (db) =>
      db
        .updateTable('erasure')
        .set({
          due_at: after(leaseMs),
          ...(found && { found: JSON.stringify(found) }),
          ...(left && { remaining: JSON.stringify(left) }),
          ...(cancelledRuns !== undefined && { cancelled_runs: cancelledRuns }),
          ...(error !== undefined && { error }),
          ...(done && { status, error: '', finished_at: sql<Date>`now()`, end_user: '' }),
        })
        .where('tenant_id', '=', tenantId)
        .where('id', '=', id)
        .returningAll()
        .executeTakeFirstOrThrow(),
    );
    return erasureOf(row);
  }

  async countEndUsers(erasure: Erasure): Promise<number> {
    const { count } = await this.database.within(erasure.tenantId, (db) =>
      db
        .selectFrom('end_user')
        .select(({ fn }) => fn.countAll<string>().as('count'))
        .where(theirs(erasure))
        .executeTakeFirstOrThrow(),
    );
    return Number(count);
  }

  async removeEndUsers(erasure: Erasure): Promise<void> {
    await this.database.within(erasure.tenantId, (db) => db.deleteFrom('end_user').where(theirs(erasure)).execute());
  }
}

const matching = (db: Kysely<Database>, fields: Partial<Pick<Selectable<ErasureTable>, 'id' | 'tenant_id'>>) =>
  db
    .selectFrom('erasure')
    .selectAll()
    .where((where) => where.and(fields));

const theirs = ({ tenantId, endUser, workflowId }: Erasure) => sql<boolean>`
  tenant_id = ${tenantId} and name = ${endUser} and ${workflowId} in ('', workflow_id)`;

function erasureOf(row: Selectable<ErasureTable>): Erasure {
  return {
    id: row.id,
    number: Number(row.number),
    tenantId: row.tenant_id,
    endUser: row.end_user,
    subject: row.subject,
    workflowId: row.workflow_id,
    dryRun: row.dry_run,
    status: row.status,
    ...(row.found && { found: row.found }),
    ...(row.remaining && { left: row.remaining }),
    cancelledRuns: row.cancelled_runs,
    error: row.error,
    createdAt: row.created_at,
    ...(row.finished_at && { finishedAt: row.finished_at }),
  };
}
