import { withDatabase } from '@treadle/persistence';
import type { Pool, QueryResult } from 'pg';
import type { TenantRetention } from '../domain/retention/sweep-tenants.js';
import type { RemovedRun } from '../domain/runs/retention.js';

/**
 * Two replicas take different rows, and a row that somebody holds is left for the next time. The key of a moment stays while its
 * schedule may still fire that moment: its process may have died before it noted the run, and nothing have run since.
 */
const removeStartKeysSql = (whose: string) => `
delete from start_keys where (tenant_id, key) in (
  select k.tenant_id, k.key from start_keys k left join runs r on r.id = k.run_id
  where k.created_at < $1 and (r.id is null or r.finished_at < $1)
    and case when k.key like 'schedule %' then not exists (
      select from schedules s
      where s.workflow_id::text = split_part(k.key, ' ', 2) and s.node_id = split_part(k.key, ' ', 3)
        and s.next_fire_at <= split_part(k.key, ' ', 4)::timestamptz
    ) else true end and ${whose}
  order by k.created_at limit $2 for update of k skip locked
)`;

/** A run that another one continues stays: what that one took over may be in its folder of the file store. */
const removeRunsSql = (whose: string, order: string) => `
with old as (
  select r.id from runs r
  where r.finished_at < $1 and not exists (select from runs c where c.origin_run_id = r.id)
    and ${whose}
  order by ${order} limit $2 for update of r skip locked
), entries as (
  delete from journal using old where journal.run_id = old.id
), asked as (
  delete from approvals using old where approvals.run_id = old.id
)
delete from runs using old where runs.id = old.id
returning runs.tenant_id as "tenantId", runs.id as "runId"`;

/** Once a tenant has said for how long, each is swept by itself: runs that stay would be passed over again and again. */
const nobodyHasSaid = 'not exists (select from retention where run_days is not null)';

/** Ids of runs begin with the moment at which they were made (see run-id.ts): so the index of a tenant's runs finds the old ones. */
const ofTenant = `r.tenant_id = $3
    and r.id < (lpad(to_hex((extract(epoch from $1::timestamptz) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid`;

export class PgRetention implements TenantRetention {
  constructor(private readonly pool: Pick<Pool, 'query'>) {}

  async removeStartKeys(endedBefore: number, limit: number, tenantId?: string): Promise<number> {
    const sql = removeStartKeysSql(tenantId === undefined ? 'true' : 'k.tenant_id = $3');
    const { rowCount } = await this.remove('remove-start-keys', sql, endedBefore, limit, tenantId);
    return rowCount ?? 0;
  }

  async removeRuns(endedBefore: number, limit: number, tenantId?: string): Promise<RemovedRun[]> {
    const sql =
      tenantId === undefined ? removeRunsSql(nobodyHasSaid, 'r.finished_at') : removeRunsSql(ofTenant, 'r.id');
    const { rows } = await this.remove('remove-runs', sql, endedBefore, limit, tenantId);
    return rows;
  }

  async removeConversations(tenantId: string, activeBefore: number, limit: number): Promise<number> {
    const text = `
      delete from conversations where id in (
        select c.id from conversations c
        where c.tenant_id = $1 and c.active_at < $2 and not exists (
          select from runs r where r.conversation_id = c.id::text and r.turn > 0
            and r.status in ('pending', 'running', 'paused')
        )
        order by c.active_at limit $3 for update of c skip locked
      )`;
    const values = [tenantId, new Date(activeBefore), limit];
    const { rowCount } = await withDatabase(() => this.pool.query({ name: 'remove-conversations', text, values }));
    return rowCount ?? 0;
  }

  async oldFiles(tenantId: string, createdBefore: number, limit: number): Promise<string[]> {
    // What a run was given is in its first event.
    const text = `
      select f.id from files f
      where f.tenant_id = $1 and f.created_at < $2 and not exists (
        select from runs r join journal j on j.run_id = r.id and j.first_sequence = 1
        where r.tenant_id = $1 and r.status in ('pending', 'running', 'paused') and strpos(j.events, f.id::text) > 0
      )
      order by f.created_at limit $3`;
    const values = [tenantId, new Date(createdBefore), limit];
    const { rows } = await withDatabase(() => this.pool.query<{ id: string }>({ name: 'old-files', text, values }));
    return rows.map(({ id }) => id);
  }

  private remove(
    kind: string,
    text: string,
    endedBefore: number,
    limit: number,
    tenantId: string | undefined,
  ): Promise<QueryResult<RemovedRun>> {
    const values = [new Date(endedBefore).toISOString(), limit, ...(tenantId === undefined ? [] : [tenantId])];
    const name = tenantId === undefined ? kind : `${kind} of a tenant`;
    return withDatabase(() => this.pool.query<RemovedRun>({ name, text, values }));
  }
}
