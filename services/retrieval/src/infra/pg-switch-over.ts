import { withDatabase } from '@treadle/persistence';
import type { Pool, PoolClient } from 'pg';
import type { IndexRef } from '../domain/vector-store.js';
import { oweIndexes } from './pg-store-debts.js';
import { type DatasetRow, toDataset } from './rows.js';
import { inTransaction } from './transaction.js';

/** What is still to be worked on. */
export const open = `('waiting', 'extracting', 'splitting', 'indexing')`;

/** Nothing is left to do for the new index `i`, and whatever can be found now can be found in it. */
const isReady = `not exists (select from document_work w where w.index_id = i.id and w.status in ${open})
  and not exists (select from document_work w join document_work o on o.document_id = w.document_id and o.index_id = d.serving_index
    where w.index_id = i.id and w.served_version = 0 and o.served_version > 0)`;

export async function readyDatasets(pool: Pool): Promise<string[]> {
  const statement = `select d.id from dataset_index i join dataset d on d.id = i.dataset_id where i.id <> d.serving_index and ${isReady}`;
  const { rows } = await withDatabase(() => pool.query<{ id: string }>(statement));
  return rows.map(({ id }) => id);
}

export function switchOver(pool: Pool, datasetId: string): Promise<boolean> {
  return inTransaction(pool, async (client) => {
    await client.query('select from dataset where id = $1 for update', [datasetId]);
    const { rows } = await client.query<{ serving: string; next: string }>(
      `select d.serving_index serving, i.id next from dataset_index i join dataset d on d.id = i.dataset_id
       where d.id = $1 and i.id <> d.serving_index and ${isReady}`,
      [datasetId],
    );
    const [ready] = rows;
    if (!ready) return false;
    const { serving, next } = ready;
    await oweIndexes(client, 'i.id = $1', [serving]);
    await carryErrors(client, serving, next);
    await client.query('update dataset set serving_index = $2, updated_at = now() where id = $1', [datasetId, next]);
    await client.query('delete from dataset_index where id = $1', [serving]);
    return true;
  });
}

/** A new text that has failed is still to be told of, and can still be tried again, where the new index took over the text before it. */
async function carryErrors(client: PoolClient, serving: string, next: string): Promise<void> {
  await client.query(
    `update document_work n set status = 'error', error = o.error, error_code = o.error_code, document_version = o.document_version,
       next_part = 0, chunks_cut = 0, chunks_indexed = 0
     from document_work o where o.index_id = $1 and n.index_id = $2 and n.document_id = o.document_id and o.status = 'error'
       and o.document_version > n.document_version`,
    [serving, next],
  );
}

export async function indexOf(client: PoolClient | Pool, indexId: string): Promise<IndexRef | undefined> {
  const { rows } = await client.query<DatasetRow>(
    `select tenant_id, dataset_id id, id index_id, embedding_provider index_provider, embedding_model index_model, dimensions, revision
     from dataset_index where id = $1`,
    [indexId],
  );
  return rows.map((row) => toDataset(row).index)[0];
}
