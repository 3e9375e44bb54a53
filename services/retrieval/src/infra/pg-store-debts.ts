import { withDatabase } from '@treadle/persistence';
import type { Pool, PoolClient } from 'pg';
import type { Debt, StoreDebts } from '../domain/upkeep-ports.js';
import type { IndexRef, VectorSpace } from '../domain/vector-store.js';

interface DebtRow {
  ids: string[];
  tenant_id: string;
  dataset_id: string;
  index_id: string;
  document_id: string | null;
  embedding_provider: string;
  embedding_model: string;
  dimensions: number;
  attempts: number;
}

const columns = 'tenant_id, dataset_id, index_id, document_id, embedding_provider, embedding_model, dimensions';
const soon = (milliseconds: string) => `now() + ${milliseconds} * interval '1 millisecond'`;

/** What the vector store may not know yet, in PostgreSQL. */
export class PgStoreDebts implements StoreDebts {
  constructor(private readonly pool: Pool) {}

  async owe({ tenantId, datasetId, indexId, space }: IndexRef, documentId: string, leaseMs: number): Promise<string> {
    const [row] = await this.rows<{ id: string }>(
      `insert into store_debt (${columns}, due_at) values ($1, $2, $3, $4, $5, $6, $7, ${soon('$8')}) returning id::text`,
      [tenantId, datasetId, indexId, documentId, space.provider, space.model, space.dimensions, leaseMs],
    );
    return row?.id ?? '';
  }

  async renew(id: string, leaseMs: number): Promise<void> {
    await this.rows(`update store_debt set due_at = ${soon('$2')} where id = $1`, [id, leaseMs]);
  }

  async settle(ids: readonly string[]): Promise<boolean> {
    const gone = await this.rows('delete from store_debt where id = any($1::bigint[]) returning id', [ids]);
    return gone.length === ids.length;
  }

  async take(limit: number, leaseMs: number): Promise<Debt[]> {
    const rows = await this.rows<DebtRow>(
      `with taken as (
         update store_debt set attempts = attempts + 1, due_at = ${soon('$2')}
         where id in (select id from store_debt where due_at <= now() order by due_at limit $1 for update skip locked) returning *
       )
       select array_agg(id::text) ids, max(attempts) attempts, ${columns} from taken group by ${columns} order by min(id)`,
      [limit, leaseMs],
    );
    return rows.map(toDebt);
  }

  async postpone(ids: readonly string[], delayMs: number): Promise<void> {
    await this.rows(`update store_debt set due_at = ${soon('$2')} where id = any($1::bigint[])`, [ids, delayMs]);
  }

  async reissue({ provider, model, dimensions }: VectorSpace): Promise<void> {
    await this.rows(
      `with old as (
         delete from store_debt where (embedding_provider, embedding_model, dimensions) = ($1, $2, $3) returning *
       )
       insert into store_debt (${columns}, due_at) select ${columns}, now() from old`,
      [provider, model, dimensions],
    );
  }

  async count(tenantId?: string): Promise<number> {
    const statement = 'select count(*) from store_debt where $1::text is null or tenant_id = $1';
    const [row] = await this.rows<{ count: number }>(statement, [tenantId]);
    return row?.count ?? 0;
  }

  private async rows<T extends object>(statement: string, values: readonly unknown[]): Promise<T[]> {
    const { rows } = await withDatabase(() => this.pool.query<T>(statement, [...values]));
    return rows;
  }
}

/** In the transaction that removes indexes: their points are still in the store. `where` names them as `i`. */
export async function oweIndexes(client: PoolClient, where: string, values: readonly unknown[]): Promise<void> {
  await client.query(
    `insert into store_debt (${columns}, due_at)
     select i.tenant_id, i.dataset_id, i.id, null, i.embedding_provider, i.embedding_model, i.dimensions, now() from dataset_index i where ${where}`,
    [...values],
  );
}

function toDebt(row: DebtRow): Debt {
  const space = { provider: row.embedding_provider, model: row.embedding_model, dimensions: row.dimensions };
  return {
    ids: row.ids,
    index: { tenantId: row.tenant_id, datasetId: row.dataset_id, indexId: row.index_id, space, revision: 0 },
    documentId: row.document_id ?? undefined,
    attempts: row.attempts,
  };
}
