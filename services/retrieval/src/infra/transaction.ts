import { type Connections, withDatabase } from '@treadle/persistence';
import type { PoolClient } from 'pg';

const deadlock = '40P01';
const attempts = 5;

/** Runs something in one transaction, again where PostgreSQL chose it as the victim of a deadlock. Throws FailureError `unavailable` when the database is away. */
export async function inTransaction<T>(
  pool: Pick<Connections, 'connect'>,
  work: (client: PoolClient) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await once(pool, work);
    } catch (error) {
      if ((error as { readonly code?: unknown }).code !== deadlock || attempt === attempts) throw error;
    }
  }
}

function once<T>(pool: Pick<Connections, 'connect'>, work: (client: PoolClient) => Promise<T>): Promise<T> {
  return withDatabase(async () => {
    const client = await pool.connect();
    try {
      await client.query('begin');
      const result = await work(client);
      await client.query('commit');
      client.release();
      return result;
    } catch (error) {
      // A connection whose rollback fails is of no more use.
      await client.query('rollback').then(
        () => client.release(),
        () => client.release(true),
      );
      throw error;
    }
  });
}

/** The next revision of an index. Whoever has it holds up every other change of the index until the commit, so revisions commit in order. */
export async function nextRevision(client: PoolClient, indexId: string): Promise<number> {
  const statement = 'update dataset_index set revision = revision + 1 where id = $1 returning revision';
  const { rows } = await client.query<{ revision: number }>(statement, [indexId]);
  return rows[0]?.revision ?? 0;
}
