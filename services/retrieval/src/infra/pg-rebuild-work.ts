import { FailureError } from '@treadle/failure';
import { withDatabase } from '@treadle/persistence';
import type { Pool, PoolClient } from 'pg';
import {
  type HeldRebuild,
  type IndexProgress,
  type Rebuild,
  type RebuildPhase,
  type RebuildWork,
  Taken,
} from '../domain/upkeep-ports.js';
import type { VectorSpace } from '../domain/vector-store.js';
import { inTransaction } from './transaction.js';

interface RebuildRow {
  id: string;
  embedding_provider: string;
  embedding_model: string;
  dimensions: number;
  generation: string;
  status: Rebuild['status'];
  phase: RebuildPhase;
  points: number;
  points_total: number;
  report: string;
  fence: number;
  attempts: number;
  created_at: Date;
  finished_at: Date | null;
}

const lease = (at: string) => `now() + ${at} * interval '1 millisecond'`;
const held = `id = $1 and fence = $2 and status = 'running'`;

/** Rebuilds in PostgreSQL. Every write asks for the fence under which one was taken. */
export class PgRebuildWork implements RebuildWork {
  constructor(private readonly pool: Pool) {}

  async start(spaces: readonly VectorSpace[]): Promise<Rebuild[]> {
    return inTransaction(this.pool, async (client) => {
      const started: Rebuild[] = [];
      for (const { provider, model, dimensions } of spaces) {
        const { rows } = await client.query<RebuildRow>(
          `insert into store_rebuild (embedding_provider, embedding_model, dimensions, points_total)
           select $1, $2, $3, (select count(*) from point p join dataset_index i on i.id = p.index_id
             where (i.embedding_provider, i.embedding_model, i.dimensions) = ($1::text, $2::text, $3::integer))
           on conflict do nothing returning *`,
          [provider, model, dimensions],
        );
        const [row] = rows;
        if (!row) throw await underWay(client, { provider, model, dimensions });
        started.push(toRebuild(row));
      }
      return started;
    });
  }

  async list(limit: number): Promise<Rebuild[]> {
    const statement = 'select * from store_rebuild order by created_at desc, id limit $1';
    return (await this.rows<RebuildRow>(statement, [limit])).map(toRebuild);
  }

  async take(leaseMs: number): Promise<HeldRebuild | undefined> {
    const rows = await this.rows<RebuildRow>(
      `update store_rebuild set fence = fence + 1, attempts = attempts + 1, due_at = ${lease('$1')}
       where id = (select id from store_rebuild where status = 'running' and due_at <= now() order by created_at, id limit 1 for update skip locked)
       returning *`,
      [leaseMs],
    );
    return rows.map((row) => ({
      id: row.id,
      space: spaceOf(row),
      generation: row.generation,
      fence: row.fence,
      attempts: row.attempts,
    }))[0];
  }

  async begin(rebuild: HeldRebuild, generation: string): Promise<void> {
    await inTransaction(this.pool, async (client) => {
      const set = `update store_rebuild set generation = $3, phase = 'filling', points = 0 where ${held}`;
      kept(await client.query(set, [rebuild.id, rebuild.fence, generation]));
      await client.query('delete from store_rebuild_index where rebuild_id = $1', [rebuild.id]);
    });
  }

  async enter(rebuild: HeldRebuild, phase: RebuildPhase): Promise<void> {
    await this.change(rebuild, `phase = $3, report = ''`, [phase]);
  }

  async progress({ id }: HeldRebuild): Promise<IndexProgress[]> {
    const statement = `select index_id "indexId", since, after, filled from store_rebuild_index where rebuild_id = $1`;
    return this.rows<IndexProgress>(statement, [id]);
  }

  async save(
    rebuild: HeldRebuild,
    { indexId, since, after, filled }: IndexProgress,
    copied: number,
    leaseMs: number,
  ): Promise<void> {
    await inTransaction(this.pool, async (client) => {
      const set = `points = points + $3, due_at = ${lease('$4')}, attempts = 1, report = ''`;
      kept(
        await client.query(`update store_rebuild set ${set} where ${held}`, [
          rebuild.id,
          rebuild.fence,
          copied,
          leaseMs,
        ]),
      );
      await client.query(
        `insert into store_rebuild_index (rebuild_id, index_id, since, after, filled) values ($1, $2, $3, $4, $5)
         on conflict (rebuild_id, index_id) do update set since = $3, after = $4, filled = $5`,
        [rebuild.id, indexId, since, after, filled],
      );
    });
  }

  async drop({ id }: HeldRebuild, indexId: string): Promise<void> {
    await this.rows('delete from store_rebuild_index where rebuild_id = $1 and index_id = $2', [id, indexId]);
  }

  async finish(rebuild: HeldRebuild, status: 'done' | 'failed', report: string): Promise<void> {
    await this.change(rebuild, 'status = $3, report = $4, finished_at = now()', [status, report.slice(0, 2000)]);
    await this.rows('delete from store_rebuild_index where rebuild_id = $1', [rebuild.id]);
  }

  async handBack(rebuild: HeldRebuild, delayMs: number, report: string): Promise<void> {
    await this.change(rebuild, `due_at = ${lease('$3')}, report = $4`, [delayMs, report.slice(0, 2000)]);
  }

  private async change({ id, fence }: HeldRebuild, set: string, values: readonly unknown[]): Promise<void> {
    const statement = `update store_rebuild set ${set} where ${held}`;
    kept(await withDatabase(() => this.pool.query(statement, [id, fence, ...values])));
  }

  private async rows<T extends object>(statement: string, values: readonly unknown[]): Promise<T[]> {
    const { rows } = await withDatabase(() => this.pool.query<T>(statement, [...values]));
    return rows;
  }
}

function kept({ rowCount }: { readonly rowCount: number | null }): void {
  if (rowCount !== 1) throw new Taken();
}

async function underWay(client: PoolClient, space: VectorSpace): Promise<FailureError> {
  const { rows } = await client.query<RebuildRow>(
    `select * from store_rebuild where (embedding_provider, embedding_model, dimensions) = ($1, $2, $3) and status = 'running'`,
    [space.provider, space.model, space.dimensions],
  );
  const [row] = rows;
  const where = row ? `: ${row.phase}, ${row.points} of ${row.points_total} points` : '';
  const what = space.model === '' ? 'datasets without a model' : `the model ${space.model}`;
  const message = `A rebuild for ${what} is under way already${where}. Follow it with \`treadle retrieval status\`.`;
  return FailureError.of('already_exists', message);
}

function spaceOf(row: RebuildRow): VectorSpace {
  return { provider: row.embedding_provider, model: row.embedding_model, dimensions: row.dimensions };
}

function toRebuild(row: RebuildRow): Rebuild {
  return {
    id: row.id,
    space: spaceOf(row),
    status: row.status,
    phase: row.phase,
    points: row.points,
    pointsTotal: row.points_total,
    report: row.report,
    createdAt: row.created_at,
    finishedAt: row.finished_at ?? undefined,
  };
}
