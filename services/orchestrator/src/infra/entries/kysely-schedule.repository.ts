import { type TenantTables, withDatabase } from '@treadle/persistence';
import { type Selectable, sql, type Transaction } from 'kysely';
import type {
  DueSchedule,
  FiredSchedule,
  ScheduleRepository,
  ScheduleRow,
} from '../../domain/entries/schedule.repository.js';
import type { Database } from '../database.js';
import { scheduleOf } from './entry-rows.js';

export class KyselyScheduleRepository implements ScheduleRepository {
  constructor(private readonly tables: TenantTables<Database>) {}

  async list(tenantId: string, workflowId: string): Promise<ScheduleRow[]> {
    const query = this.schedulesOf(tenantId)
      .$if(workflowId !== '', (select) => select.where('workflow_id', '=', workflowId))
      .orderBy('workflow_id')
      .orderBy('node_id');
    return (await withDatabase(() => query.execute())).map(scheduleOf);
  }

  async find(tenantId: string, id: string): Promise<ScheduleRow | undefined> {
    const row = await withDatabase(() => this.schedulesOf(tenantId).where('id', '=', id).executeTakeFirst());
    return row && scheduleOf(row);
  }

  async setPaused(
    tenantId: string,
    id: string,
    paused: boolean,
    nextFireAt: number | undefined,
  ): Promise<ScheduleRow | undefined> {
    const query = this.tables
      .of(tenantId)
      .updateTable('schedules')
      .set({ paused, next_fire_at: dateOf(nextFireAt) })
      .where('tenant_id', '=', tenantId)
      .where('id', '=', id)
      .returningAll();
    const row = await withDatabase(() => query.executeTakeFirst());
    return row && scheduleOf(row);
  }

  /** The rows stay locked while their runs begin: a process that dies lets go of them at once. */
  fireDue(at: number, limit: number, fire: (schedule: DueSchedule) => Promise<FiredSchedule>): Promise<number> {
    return withDatabase(() =>
      this.tables.all.transaction().execute(async (transaction) => {
        const due = await dueSchedules(transaction, new Date(at), limit);
        const fired = await Promise.all(due.map(fire));
        for (const [index, schedule] of due.entries()) {
          const outcome = fired[index];
          if (outcome) await store(transaction, schedule.id, outcome);
        }
        return due.filter((schedule, index) => fired[index]?.nextFireAt !== schedule.nextFireAt).length;
      }),
    );
  }

  private schedulesOf(tenantId: string) {
    return this.tables.of(tenantId).selectFrom('schedules').selectAll().where('tenant_id', '=', tenantId);
  }
}

async function dueSchedules(transaction: Transaction<Database>, at: Date, limit: number): Promise<DueSchedule[]> {
  const rows = await transaction
    .selectFrom('schedules')
    .selectAll()
    .where('active', '=', true)
    .where('paused', '=', false)
    .where('next_fire_at', '<=', at)
    .orderBy('next_fire_at')
    .limit(limit)
    .forUpdate()
    .skipLocked()
    .execute();
  return rows.flatMap((row: Selectable<Database['schedules']>) =>
    row.next_fire_at ? [{ ...scheduleOf(row), nextFireAt: row.next_fire_at.getTime() }] : [],
  );
}

async function store(transaction: Transaction<Database>, id: string, fired: FiredSchedule): Promise<void> {
  await transaction
    .updateTable('schedules')
    .set({
      next_fire_at: dateOf(fired.nextFireAt),
      last_error: fired.lastError,
      dropped_count: sql<number>`dropped_count + ${fired.dropped}`,
      ...(fired.lastFiredAt === undefined ? {} : { last_fired_at: new Date(fired.lastFiredAt) }),
    })
    .where('id', '=', id)
    .execute();
}

function dateOf(moment: number | undefined): Date | null {
  return moment === undefined ? null : new Date(moment);
}
