import type { Failure } from '@treadle/failure';
import { withDatabase } from '@treadle/persistence';
import type { Pool, PoolClient } from 'pg';
import type { Chunking } from '../domain/chunking.js';
import type { HeldWork, IndexWork, RowToCut, WorkName } from '../domain/index-work.js';
import { denseToBytes, sparseToBytes } from '../domain/sparse-vector.js';
import type { LimitCheck } from '../domain/tenant-limits.js';
import type { IndexRef } from '../domain/vector-store.js';
import { sparseOfText } from '../domain/words.js';
import { dropVersions, keepText, toReadOrigin, type VersionRow } from './document-versions.js';
import { copyChunks, insertChunks } from './pg-cutting.js';
import { indexOf, open, readyDatasets, switchOver } from './pg-switch-over.js';
import { chunkUsage, documentUsage } from './tenant-usage.js';
import { inTransaction, nextRevision } from './transaction.js';

interface WorkRow extends VersionRow {
  tenant_id: string;
  dataset_id: string;
  index_id: string;
  document_id: string;
  document_version: number;
  served_version: number;
  fence: number;
  attempts: number;
  next_part: number;
  status: HeldWork['status'];
  chunking: Chunking;
  embedding_provider: string;
  embedding_model: string;
}

const lease = (at: string) => `now() + ${at} * interval '1 millisecond'`;

const tenantsLookedAt = 20;

/**
 * Tenants with work that is due: those first of whose work least is held, then those whose last turn is longest ago. They are found one
 * after the other, however much work each has.
 */
const tenantsInTurn = `
  with recursive tenant as (
    (select tenant_id from document_work where status in ${open} order by tenant_id limit 1)
    union all
    select (select w.tenant_id from document_work w where w.status in ${open} and w.tenant_id > t.tenant_id order by w.tenant_id limit 1)
    from tenant t where t.tenant_id is not null
  )
  select t.tenant_id from tenant t
  cross join lateral (select min(w.due_at) due_at from document_work w where w.tenant_id = t.tenant_id and w.status in ${open}) first
  cross join lateral (select count(*) held from document_work h
    where h.tenant_id = t.tenant_id and h.held and h.status in ${open} and h.due_at > now()) busy
  cross join lateral (select max(l.taken_at) taken_at from document_work l where l.tenant_id = t.tenant_id) last
  where first.due_at <= now() order by busy.held, last.taken_at nulls first, first.due_at limit $1`;

/** Takes what has waited longest, but for what others are taking at this moment. */
const takeOfTenant = `
  update document_work w set fence = w.fence + 1, attempts = w.attempts + 1, due_at = ${lease('$2')}, held = true, taken_at = clock_timestamp(),
    status = case when not v.is_read then 'extracting' when w.status = 'indexing' then w.status else 'splitting' end
  from dataset_index i, document_version v, document t,
    (select n.index_id, n.document_id from document_work n where n.tenant_id = $1 and n.status in ${open} and n.due_at <= now()
     order by n.due_at limit 1 for update skip locked) due
  where w.index_id = due.index_id and w.document_id = due.document_id and i.id = w.index_id
    and v.document_id = w.document_id and v.version = w.document_version
    and t.id = w.document_id
  returning w.*, i.dataset_id, coalesce(t.chunking, i.chunking) chunking, i.embedding_provider, i.embedding_model, v.source, v.source_name, v.file_id, v.media_type`;

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

  async take(leaseMs: number): Promise<HeldWork | undefined> {
    const tenants = await this.rows<{ tenant_id: string }>(tenantsInTurn, [tenantsLookedAt]);
    for (const { tenant_id } of tenants) {
      const [row] = await this.rows<WorkRow>(takeOfTenant, [tenant_id, leaseMs]);
      if (row) return toWork(row);
    }
    return undefined;
  }

  async othersWait(tenantId: string): Promise<boolean> {
    const other = (comparison: string) =>
      `exists (select from document_work where status in ${open} and tenant_id ${comparison} $1 and due_at <= now())`;
    const [row] = await this.rows<{ wait: boolean }>(`select ${other('<')} or ${other('>')} wait`, [tenantId]);
    return row?.wait ?? false;
  }

  extend(work: HeldWork, leaseMs: number): Promise<boolean> {
    return this.held(work, async (client) => {
      const statement = `update document_work set due_at = ${lease('$3')} where index_id = $1 and document_id = $2`;
      await client.query(statement, [work.indexId, work.documentId, leaseMs]);
      return true;
    });
  }

  saveText(work: HeldWork, text: string, room: LimitCheck, leaseMs: number): Promise<boolean> {
    const { tenantId, indexId, documentId, documentVersion } = work;
    return this.held(work, async (client) => {
      room(await documentUsage(client, tenantId, documentId));
      const statement =
        'select from document_version where document_id = $1 and version = $2 and not is_read for update';
      const { rowCount } = await client.query(statement, [documentId, documentVersion]);
      // Otherwise somebody has read it for another index meanwhile.
      if (rowCount === 1) await keepText(client, documentId, documentVersion, text);
      await client.query(
        `update document_work set status = 'splitting', attempts = 1, due_at = ${lease('$3')} where index_id = $1 and document_id = $2`,
        [indexId, documentId, leaseMs],
      );
      return true;
    });
  }

  async part({ documentId, documentVersion }: HeldWork, part: number): Promise<string | undefined> {
    const statement = 'select content from document_part where document_id = $1 and version = $2 and part = $3';
    const [row] = await this.rows<{ content: string }>(statement, [documentId, documentVersion, part]);
    return row?.content;
  }

  async copyChunks(work: HeldWork): Promise<boolean> {
    return this.held(work, (client) => copyChunks(client, work));
  }

  async saveCut(
    work: HeldWork,
    part: number,
    rows: readonly RowToCut[],
    room: (chunks: number) => LimitCheck,
    leaseMs: number,
  ): Promise<boolean> {
    return this.held(work, async (client) => {
      const { rows: counted } = await client.query<{ chunks_cut: number; next_part: number }>(
        'select chunks_cut, next_part from document_work where index_id = $1 and document_id = $2',
        [work.indexId, work.documentId],
      );
      const cut = counted[0]?.chunks_cut ?? 0;
      room(cut + rows.length)(await chunkUsage(client, work.tenantId, work.documentId));
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
        `update document_work set status = 'completed', error = '', error_code = '', served_version = document_version, described_revision = $3, chunks = $4
         where ${where}`,
        [indexId, documentId, revision, rowCount],
      );
      await dropVersions(client, documentId);
      const index = await indexOf(client, indexId);
      done = index && { index, gone: gone.map(({ chunk_id }) => chunk_id) };
      return true;
    });
    return done;
  }

  async fail(work: HeldWork, { code, message }: Failure, keepsCut: boolean): Promise<void> {
    const { indexId, documentId, documentVersion } = work;
    await this.held(work, async (client) => {
      await client.query(
        `update document_work set status = 'error', error = $3, error_code = $4 where index_id = $1 and document_id = $2`,
        [indexId, documentId, message.slice(0, 2000), code],
      );
      if (keepsCut) return true;
      await client.query(
        'delete from chunk where index_id = $1 and document_id = $2 and document_version = $3 and not live',
        [indexId, documentId, documentVersion],
      );
      await client.query(
        'update document_work set next_part = 0, chunks_cut = 0, chunks_indexed = 0 where index_id = $1 and document_id = $2',
        [indexId, documentId],
      );
      return true;
    });
  }

  async handBack(work: HeldWork, delayMs: number): Promise<void> {
    await this.held(work, async (client) => {
      const statement = `update document_work set held = false, due_at = ${lease('$3')} where index_id = $1 and document_id = $2`;
      await client.query(statement, [work.indexId, work.documentId, delayMs]);
      return true;
    });
  }

  readyDatasets(): Promise<string[]> {
    return readyDatasets(this.pool);
  }

  switchOver(datasetId: string): Promise<boolean> {
    return switchOver(this.pool, datasetId);
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

function toWork(row: WorkRow): HeldWork {
  return {
    tenantId: row.tenant_id,
    datasetId: row.dataset_id,
    indexId: row.index_id,
    documentId: row.document_id,
    documentVersion: row.document_version,
    servedVersion: row.served_version,
    origin: row.status === 'extracting' ? toReadOrigin(row) : undefined,
    fence: row.fence,
    attempts: row.attempts,
    nextPart: row.next_part,
    status: row.status,
    chunking: row.chunking,
    embeddingProvider: row.embedding_provider,
    embeddingModel: row.embedding_model,
  };
}
