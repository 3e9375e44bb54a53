import { withDatabase } from '@treadle/persistence';
import type { Pool } from 'pg';
import type { OwnedPartitions, PartitionLeases } from '../domain/partitions/partition-leases.js';
import { partitionCount } from '../domain/runs/run-id.js';

interface LeaseRow {
  partition: number;
  fence: number;
}

/** Leases as rows. All times are the database's, so the clocks of replicas do not matter. */
export class PgPartitionLeases implements PartitionLeases {
  constructor(private readonly pool: Pool) {}

  async renew(replica: string, leaseMs: number): Promise<{ owned: OwnedPartitions; replicas: number }> {
    const lease = interval(leaseMs);
    await this.query(
      `insert into replicas (id, expires_at) values ($1, now() + $2::interval)
       on conflict (id) do update set expires_at = excluded.expires_at`,
      [replica, lease],
    );
    const owned = await this.query<LeaseRow>(
      `update partition_leases set expires_at = now() + $2::interval where owner = $1 returning partition, fence`,
      [replica, lease],
    );
    const alive = await this.query<{ count: number }>(
      `with gone as (delete from replicas where expires_at < now())
       select count(*)::int as count from replicas where expires_at >= now()`,
    );
    return { owned: asMap(owned), replicas: alive[0]?.count ?? 1 };
  }

  async acquire(replica: string, count: number, leaseMs: number, force: boolean): Promise<OwnedPartitions> {
    const taken = await this.query<LeaseRow>(
      `update partition_leases set owner = $1, fence = fence + 1, expires_at = now() + $3::interval
       where partition in (
         select partition from partition_leases
         where owner is distinct from $1 and ($4 or owner is null or expires_at < now())
         order by expires_at limit $2 for update skip locked)
       returning partition, fence`,
      [replica, count, interval(leaseMs), force],
    );
    return asMap(taken);
  }

  async release(replica: string, partitions: readonly number[]): Promise<void> {
    await this.query(`update partition_leases set owner = null where owner = $1 and partition = any($2::smallint[])`, [
      replica,
      partitions,
    ]);
  }

  async leave(replica: string): Promise<void> {
    await this.query(`update partition_leases set owner = null where owner = $1`, [replica]);
    await this.query(`delete from replicas where id = $1`, [replica]);
  }

  /** Makes the rows, once. */
  async prepare(): Promise<void> {
    await this.query(
      `insert into partition_leases (partition, fence, expires_at)
       select n, 0, now() from generate_series(0, $1 - 1) n on conflict do nothing`,
      [partitionCount],
    );
  }

  private async query<Row extends object>(text: string, values: unknown[] = []): Promise<Row[]> {
    return withDatabase(async () => (await this.pool.query<Row>(text, values)).rows);
  }
}

const interval = (ms: number) => `${ms} milliseconds`;

const asMap = (rows: readonly LeaseRow[]) => new Map(rows.map((row) => [row.partition, Number(row.fence)]));
