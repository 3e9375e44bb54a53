import { withDatabase } from '@treadle/persistence';
import type { Pool, QueryResult } from 'pg';
import type { RemovedRun, Retention } from '../domain/runs/retention.js';

/**
 * Two replicas take different rows, and a row that somebody holds is left for the next time. The key of a moment stays while its
 * schedule may still fire that moment: its process may have died before it noted the run, and nothing have run since.
 */
const removeStartKeysSql = `
delete from start_keys where (tenant_id, key) in (
  select k.tenant_id, k.key from start_keys k left join runs r on r.id = k.run_id
  where k.created_at < $1 and (r.id is null or r.finished_at < $1)
    and case when k.key like 'schedule %' then not exists (
      select from schedules s
      where s.workflow_id::text = split_part(k.key, ' ', 2) and s.node_id = split_part(k.key, ' ', 3)
        and s.next_fire_at <= split_part(k.key, ' ', 4)::timestamptz
    ) else true end
  order by k.created_at limit $2 for update of k skip locked
)`;

/** A run that another one continues stays: what that one took over may be in its folder of the file store. */
const removeRunsSql = `
with old as (
  select r.id from runs r
  where r.finished_at < $1 and not exists (select from runs c where c.origin_run_id = r.id)
  order by r.finished_at limit $2 for update of r skip locked
), entries as (
  delete from journal using old where journal.run_id = old.id
), asked as (
  delete from approvals using old where approvals.run_id = old.id
)
delete from runs using old where runs.id = old.id
returning runs.tenant_id as "tenantId", runs.id as "runId"`;

export class PgRetention implements Retention {
  constructor(private readonly pool: Pick<Pool, 'query'>) {}

  async removeStartKeys(endedBefore: number, limit: number): Promise<number> {
    const { rowCount } = await this.remove('remove-start-keys', removeStartKeysSql, endedBefore, limit);
    return rowCount ?? 0;
  }

  async removeRuns(endedBefore: number, limit: number): Promise<RemovedRun[]> {
    const { rows } = await this.remove('remove-runs', removeRunsSql, endedBefore, limit);
    return rows;
  }

  private remove(name: string, text: string, endedBefore: number, limit: number): Promise<QueryResult<RemovedRun>> {
    const values = [new Date(endedBefore).toISOString(), limit];
    return withDatabase(() => this.pool.query<RemovedRun>({ name, text, values }));
  }
}
