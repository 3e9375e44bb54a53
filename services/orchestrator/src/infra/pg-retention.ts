import { withDatabase } from '@treadle/persistence';
import type { Pool } from 'pg';
import type { Retention } from '../domain/retention.js';

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

const removeRunsSql = `
with old as (
  select id from runs where finished_at < $1
  order by finished_at limit $2 for update skip locked
), entries as (
  delete from journal using old where journal.run_id = old.id
), asked as (
  delete from approvals using old where approvals.run_id = old.id
)
delete from runs using old where runs.id = old.id`;

export class PgRetention implements Retention {
  constructor(private readonly pool: Pick<Pool, 'query'>) {}

  removeStartKeys(endedBefore: number, limit: number): Promise<number> {
    return this.remove('remove-start-keys', removeStartKeysSql, endedBefore, limit);
  }

  removeRuns(endedBefore: number, limit: number): Promise<number> {
    return this.remove('remove-runs', removeRunsSql, endedBefore, limit);
  }

  private async remove(name: string, text: string, endedBefore: number, limit: number): Promise<number> {
    const values = [new Date(endedBefore).toISOString(), limit];
    const { rowCount } = await withDatabase(() => this.pool.query({ name, text, values }));
    return rowCount ?? 0;
  }
}
