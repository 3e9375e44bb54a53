import { createHash } from 'node:crypto';
import { withDatabase } from '@treadle/persistence';
import type { Pool, PoolClient } from 'pg';
import type { Chunking } from '../domain/chunking.js';
import type { HeldWork, IndexWork, RowToCut, WorkName } from '../domain/ports.js';
import { denseToBytes, sparseToBytes } from '../domain/sparse-vector.js';
import type { IndexRef } from '../domain/vector-store.js';
import { sparseOfText, toTsvector } from '../domain/words.js';
import { type DatasetRow, toDataset } from './rows.js';
import { inTransaction, nextRevision } from './transaction.js';

interface WorkRow {
  tenant_id: string;
  dataset_id: string;
  index_id: string;
  document_id: string;
  document_version: number;
  fence: number;
  attempts: number;
  next_part: number;
  status: 'splitting' | 'indexing';
  chunking: Chunking;
  embedding_provider: string;
  embedding_model: string;
}

const open = `('waiting', 'splitting', 'indexing')`;
const lease = (at: string) => `now() + ${at} * interval '1 millisecond'`;

/** Outstanding indexing in PostgreSQL. Every write asks for the fence under which the work was taken. */
export class PgIndexWork implements IndexWork {
  constructor(private readonly pool: Pool) {}

  async due(limit: number): Promise<WorkName[]> {
    return this.rows<WorkName>(
      `select index_id "indexId", document_id "documentId" from document_work
       where status in ${open} and due_at <= now() order by due_at limit $1`,
      [limit],
    );
  }

  async take({ indexId, documentId }: WorkName, leaseMs: number): Promise<HeldWork | undefined> {
    const [row] = await this.rows<WorkRow>(
      `update document_work w set fence = w.fence + 1, attempts = w.attempts + 1, due_at = ${lease('$3')},
         status = case when w.status = 'waiting' then 'splitting' else w.status end
       from dataset_index i where i.id = w.index_id and w.index_id = $1 and w.document_id = $2 and w.status in ${open} and w.due_at <= now()
       returning w.*, i.dataset_id, i.chunking, i.embedding_provider, i.embedding_model`,
      [indexId, documentId, leaseMs],
    );
    return row && toWork(row);
  }

  async part({ documentId }: HeldWork, part: number): Promise<string | undefined> {
    const statement = 'select content from document_part where document_id = $1 and part = $2';
    const [row] = await this.rows<{ content: string }>(statement, [documentId, part]);
    return row?.content;
  }

  async copyChunks(work: HeldWork): Promise<boolean> {
    return this.held(work, async (client) => {
      const { indexId, documentId, documentVersion } = work;
      const { rows } = await client.query<{ copied_from: string }>(
        `select i.copied_from from dataset_index i join document_work o on o.index_id = i.copied_from
         where i.id = $1 and o.document_id = $2 and o.served_version = $3`,
        [indexId, documentId, documentVersion],
      );
      const [from] = rows;
      if (!from) return false;
      const { rowCount } = await client.query(
        `insert into chunk (id, tenant_id, dataset_id, index_id, document_id, document_version, position, parent_id, is_parent, content, answer,
           keywords, enabled, words)
         select md5(id::text || $1)::uuid, tenant_id, dataset_id, $1::uuid, document_id, document_version, position,
           md5(parent_id::text || $1)::uuid, is_parent, content, answer, keywords, enabled, words
         from chunk where index_id = $2 and document_id = $3 and live on conflict do nothing`,
        [indexId, from.copied_from, documentId],
      );
      const statement =
        'update document_work set chunks_cut = chunks_cut + $3 where index_id = $1 and document_id = $2';
      await client.query(statement, [indexId, documentId, rowCount]);
      return true;
    });
  }

  async saveCut(work: HeldWork, part: number, rows: readonly RowToCut[], leaseMs: number): Promise<boolean> {
    return this.held(work, async (client) => {
      const { rows: counted } = await client.query<{ chunks_cut: number; next_part: number }>(
        'select chunks_cut, next_part from document_work where index_id = $1 and document_id = $2',
        [work.indexId, work.documentId],
      );
      const cut = counted[0]?.chunks_cut ?? 0;
      if (rows.length > 0) await insertChunks(client, work, cut, rows);
      await client.query(
        `update document_work set next_part = $3, chunks_cut = $4, due_at = ${lease('$5')} where index_id = $1 and document_id = $2`,
        [work.indexId, work.documentId, part + 1, cut + rows.length, leaseMs],
      );
      return true;
    });
  }

  async finishCutting(work: HeldWork): Promise<number | undefined> {
    let chunks: number | undefined;
    await this.held(work, async (client) => {
      const { rows } = await client.query<{ chunks_cut: number }>(
        `update document_work set status = 'indexing' where index_id = $1 and document_id = $2 returning chunks_cut`,
        [work.indexId, work.documentId],
      );
      chunks = rows[0]?.chunks_cut;
      return true;
    });
    return chunks;
  }

  async unindexed({ indexId, documentId, documentVersion }: HeldWork, limit: number) {
    return this.rows<{ id: string; content: string; words: string }>(
      `select c.id, c.content, concat_ws(' ', c.content, c.answer, array_to_string(c.keywords, ' ')) words from chunk c
       where c.index_id = $1 and c.document_id = $2 and c.document_version = $3 and not c.is_parent
         and not exists (select from point p where p.chunk_id = c.id) order by c.position limit $4`,
      [indexId, documentId, documentVersion, limit],
    );
  }

  async savePoints(work: HeldWork, points: Parameters<IndexWork['savePoints']>[1], leaseMs: number): Promise<boolean> {
    return this.held(work, async (client) => {
      const dimensions = points[0]?.dense.length ?? 0;
      await client.query('update dataset_index set dimensions = $2 where id = $1 and dimensions = 0', [
        work.indexId,
        dimensions,
      ]);
      await client.query(
        `insert into point (chunk_id, index_id, document_id, dense, sparse)
         select chunk_id, $1, $2, dense, sparse from unnest($3::uuid[], $4::bytea[], $5::bytea[]) given (chunk_id, dense, sparse)
         on conflict do nothing`,
        [
          work.indexId,
          work.documentId,
          points.map(({ id }) => id),
          points.map(({ dense }) => denseToBytes(dense)),
          points.map(({ words }) => sparseToBytes(sparseOfText(words))),
        ],
      );
      await client.query(
        `update document_work set chunks_indexed = chunks_indexed + $3, due_at = ${lease('$4')}, attempts = 1
         where index_id = $1 and document_id = $2`,
        [work.indexId, work.documentId, points.length, leaseMs],
      );
      return true;
    });
  }

  async finish(work: HeldWork): Promise<{ readonly index: IndexRef; readonly gone: readonly string[] } | undefined> {
    const { indexId, documentId, documentVersion } = work;
    let done: { readonly index: IndexRef; readonly gone: readonly string[] } | undefined;
    await this.held(work, async (client) => {
      const revision = await nextRevision(client, indexId);
      const where = 'index_id = $1 and document_id = $2';
      const { rows: gone } = await client.query<{ chunk_id: string }>(
        `insert into removed_point (index_id, revision, chunk_id)
         select p.index_id, $4, p.chunk_id from point p join chunk c on c.id = p.chunk_id
         where p.index_id = $1 and p.document_id = $2 and c.document_version <> $3 returning chunk_id`,
        [indexId, documentId, documentVersion, revision],
      );
      await client.query(`delete from chunk where ${where} and document_version <> $3`, [
        indexId,
        documentId,
        documentVersion,
      ]);
      const { rowCount } = await client.query(`update chunk set live = true where ${where}`, [indexId, documentId]);
      await client.query(`update point set revision = $3 where ${where}`, [indexId, documentId, revision]);
      await client.query(
        `update document_work set status = 'completed', error = '', served_version = document_version, described_revision = $3, chunks = $4
         where ${where}`,
        [indexId, documentId, revision, rowCount],
      );
      const index = await indexOf(client, indexId);
      done = index && { index, gone: gone.map(({ chunk_id }) => chunk_id) };
      return true;
    });
    return done;
  }

  async fail(work: HeldWork, error: string): Promise<void> {
    await this.held(work, async (client) => {
      const statement = `update document_work set status = 'failed', error = $3 where index_id = $1 and document_id = $2`;
      await client.query(statement, [work.indexId, work.documentId, error.slice(0, 2000)]);
      return true;
    });
  }

  async handBack(work: HeldWork, delayMs: number): Promise<void> {
    await this.held(work, async (client) => {
      const statement = `update document_work set due_at = ${lease('$3')} where index_id = $1 and document_id = $2`;
      await client.query(statement, [work.indexId, work.documentId, delayMs]);
      return true;
    });
  }

  async switchOver(datasetId: string): Promise<IndexRef | undefined> {
    return inTransaction(this.pool, async (client) => {
      const { rows } = await client.query<{ serving_index: string }>(
        'select serving_index from dataset where id = $1 for update',
        [datasetId],
      );
      const serving = rows[0]?.serving_index;
      const { rows: ready } = await client.query<{ id: string }>(
        `select id from dataset_index i where dataset_id = $1 and id <> $2
           and not exists (select from document_work w where w.index_id = i.id and w.status in ${open})`,
        [datasetId, serving],
      );
      const [next] = ready;
      if (!next || !serving) return undefined;
      const old = await indexOf(client, serving);
      await client.query('update dataset set serving_index = $2, updated_at = now() where id = $1', [
        datasetId,
        next.id,
      ]);
      await client.query('delete from dataset_index where id = $1', [serving]);
      return old;
    });
  }

  async index({ indexId }: HeldWork): Promise<IndexRef | undefined> {
    return withDatabase(() => indexOf(this.pool, indexId));
  }

  /** Does something in a transaction if the work is still held under its fence; false otherwise. */
  private held(work: HeldWork, act: (client: PoolClient) => Promise<boolean>): Promise<boolean> {
    return inTransaction(this.pool, async (client) => {
      const { rowCount } = await client.query(
        `select from document_work where index_id = $1 and document_id = $2 and fence = $3 and status in ${open} for update`,
        [work.indexId, work.documentId, work.fence],
      );
      return rowCount === 1 && act(client);
    });
  }

  private async rows<T extends object>(statement: string, values: readonly unknown[]): Promise<T[]> {
    const { rows } = await withDatabase(() => this.pool.query<T>(statement, [...values]));
    return rows;
  }
}

async function indexOf(client: PoolClient | Pool, indexId: string): Promise<IndexRef | undefined> {
  const { rows } = await client.query<DatasetRow>(
    `select tenant_id, dataset_id id, id index_id, embedding_provider index_provider, embedding_model index_model, dimensions, revision
     from dataset_index where id = $1`,
    [indexId],
  );
  return rows.map((row) => toDataset(row).index)[0];
}

/** Ids follow from the place, so that a part that is cut again after a crash makes the same rows. */
async function insertChunks(
  client: PoolClient,
  work: HeldWork,
  before: number,
  rows: readonly RowToCut[],
): Promise<void> {
  const idOf = (place: number) => chunkId(work, before + place + 1);
  await client.query(
    `insert into chunk (id, tenant_id, dataset_id, index_id, document_id, document_version, position, parent_id, is_parent, content, answer, words)
     select id, $1, $2, $3, $4, $5, position, parent_id, is_parent, content, answer, words::tsvector
     from unnest($6::uuid[], $7::integer[], $8::uuid[], $9::boolean[], $10::text[], $11::text[], $12::text[])
       given (id, position, parent_id, is_parent, content, answer, words) on conflict do nothing`,
    [
      work.tenantId,
      work.datasetId,
      work.indexId,
      work.documentId,
      work.documentVersion,
      rows.map((_, place) => idOf(place)),
      rows.map((_, place) => before + place + 1),
      rows.map(({ parent }) => (parent === undefined ? null : idOf(parent))),
      rows.map(({ isParent }) => isParent),
      rows.map(({ content }) => content),
      rows.map(({ answer }) => answer),
      rows.map(({ content, answer, isParent }) => (isParent ? '' : toTsvector(`${content} ${answer}`))),
    ],
  );
}

function chunkId({ indexId, documentId, documentVersion }: HeldWork, position: number): string {
  const hex = createHash('sha256').update(`${indexId}/${documentId}/${documentVersion}/${position}`).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  );
}

function toWork(row: WorkRow): HeldWork {
  return {
    tenantId: row.tenant_id,
    datasetId: row.dataset_id,
    indexId: row.index_id,
    documentId: row.document_id,
    documentVersion: row.document_version,
    fence: row.fence,
    attempts: row.attempts,
    nextPart: row.next_part,
    status: row.status,
    chunking: row.chunking,
    embeddingProvider: row.embedding_provider,
    embeddingModel: row.embedding_model,
  };
}
