import { randomUUID } from 'node:crypto';
import { type TenantPools, withDatabase } from '@treadle/persistence';
import type { PoolClient } from 'pg';
import { type Chunk, type Dataset, notFound } from '../domain/dataset.js';
import { type Metadata, type MetadataFilter, matches } from '../domain/metadata-filter.js';
import type { ChunkChange, ChunkInContext, ChunkRepository, ChunkSelection, Listed, Page } from '../domain/ports.js';
import { denseToBytes, sparseToBytes } from '../domain/sparse-vector.js';
import type { LimitCheck } from '../domain/tenant-limits.js';
import type { Point, PointSelection } from '../domain/vector-store.js';
import { sparseOfText, toTsquery, toTsvector } from '../domain/words.js';
import { likeOf } from './paging.js';
import { carryEdits, holdForEdit } from './pg-chunk-carry.js';
import { type ChunkRow, type DocumentRow, shownMetadata, toChunk } from './rows.js';
import { chunkUsage } from './tenant-usage.js';
import { inTransaction, nextRevision } from './transaction.js';

interface ContextRow extends ChunkRow {
  dataset_id: string;
  name: string;
  source: string;
  source_name: string;
  metadata: Metadata;
  created_at: Date;
  updated_at: Date;
}

const found = `chunk c join document t on t.id = c.document_id
  where c.tenant_id = $1 and c.index_id = any($2) and c.live and c.enabled and t.enabled and not t.archived`;

/** Asked for in the statement that reads its chunks: those of one that was replaced since are gone. */
const servingIndex = '(select serving_index from dataset where tenant_id = $1 and id = $2)';

/** What is shown of a chunk: its words, which PostgreSQL searches, are longer than its text. */
const shown = 'c.id, c.dataset_id, c.document_id, c.position, c.content, c.answer, c.parent_id, c.keywords, c.enabled';

/** Chunks of the indexes that serve. */
export class PgChunkRepository implements ChunkRepository {
  constructor(private readonly pools: TenantPools) {}

  async list({ id, index }: Dataset, documentId: string, page: Page, which: ChunkSelection): Promise<Listed<Chunk>> {
    const { cursor, limit, number, keyword } = page;
    const { parentIds, wholesOnly } = which;
    const where = `tenant_id = $1 and index_id = ${servingIndex} and document_id = $3 and live and position > $4 and content ilike $5
      and ($6::uuid[] is null or parent_id = any($6)) and (not $7 or parent_id is null)`;
    const values = [
      ...[index.tenantId, id, documentId, number === 0 ? Number(cursor) || 0 : 0, likeOf(keyword)],
      ...[parentIds.length > 0 ? parentIds : null, wholesOnly],
    ];
    const skipped = number === 0 ? 0 : (number - 1) * limit;
    const statement = `select * from chunk where ${where} order by position limit $8 offset $9`;
    const rows = await this.rows<ChunkRow>(index.tenantId, statement, [...values, limit + 1, skipped]);
    const items = rows.slice(0, limit).map(toChunk);
    if (number === 0) return { items, nextCursor: rows.length > limit ? String(items.at(-1)?.position ?? '') : '' };
    const counted = await this.rows<{ total: number }>(
      index.tenantId,
      `select count(*) total from chunk where ${where}`,
      values,
    );
    return { items, nextCursor: '', total: counted[0]?.total ?? 0 };
  }

  async find({ id, index }: Dataset, documentId: string, chunkId: string): Promise<Chunk | undefined> {
    const rows = await this.rows<ChunkRow>(
      index.tenantId,
      `select * from chunk where tenant_id = $1 and index_id = ${servingIndex} and document_id = $3 and id = $4 and live`,
      [index.tenantId, id, documentId, chunkId],
    );
    return rows.map(toChunk)[0];
  }

  async save(
    dataset: Dataset,
    documentId: string,
    { chunkId, parentId }: Parameters<ChunkRepository['save']>[2],
    { dense, ...change }: ChunkChange & { readonly dense: Float32Array },
    room: LimitCheck,
  ): Promise<{ readonly point: Point; readonly position: number }> {
    const { tenantId, indexId } = dataset.index;
    const words = [change.content, change.answer, ...change.keywords].join(' ');
    return inTransaction(this.pools.of(tenantId), async (client) => {
      const document = await holdForEdit(client, dataset, documentId);
      room(await chunkUsage(client, tenantId));
      const revision = await nextRevision(client, indexId);
      const id = chunkId || randomUUID();
      const chunk = { documentId, version: document.version, id, words, parentId, ...change };
      const position = await (chunkId ? changeChunk : addChunk)(client, dataset, chunk);
      const whole = parentId ? await becomeWhole(client, indexId, parentId, revision) : [];
      const { rows } = await client.query<{ version: number }>(
        `insert into point (chunk_id, index_id, document_id, revision, dense, sparse)
         select id, index_id, document_id, $2, $3, $4 from chunk where id = $1 and not is_parent
         on conflict (chunk_id) do update set revision = $2, version = point.version + 1, dense = $3, sparse = $4 returning version`,
        [id, revision, denseToBytes(dense), sparseToBytes(sparseOfText(words))],
      );
      await recount(client, indexId, documentId);
      await carryEdits(client, document, [...whole, position]);
      const version = rows[0]?.version ?? 1;
      const point = { id, documentId, dense, sparse: sparseOfText(words), enabled: change.enabled, version };
      return { point, position };
    });
  }

  async delete(dataset: Dataset, documentId: string, chunkId: string): Promise<PointSelection | undefined> {
    const { index } = dataset;
    return inTransaction(this.pools.of(index.tenantId), async (client) => {
      const document = await holdForEdit(client, dataset, documentId);
      const revision = await nextRevision(client, index.indexId);
      const { rows } = await client.query<{ id: string; position: number }>(
        `delete from chunk where tenant_id = $1 and index_id = $2 and document_id = $3 and live and (id = $4 or parent_id = $4)
         returning id, position`,
        [index.tenantId, index.indexId, documentId, chunkId],
      );
      const ids = rows.map(({ id }) => id);
      const gone = 'insert into removed_point (index_id, revision, chunk_id) select $1, $2, unnest($3::uuid[])';
      await client.query(gone, [index.indexId, revision, ids]);
      await recount(client, index.indexId, documentId);
      const positions = rows.map(({ position }) => position);
      await carryEdits(client, document, positions);
      return ids.length > 0 ? { ids } : undefined;
    });
  }

  async inContext(datasets: readonly Dataset[], chunkIds: readonly string[]): Promise<ChunkInContext[]> {
    const [tenantId, indexIds] = scopeOf(datasets);
    const rows = await this.rows<ContextRow>(
      tenantId,
      `select ${shown}, t.name, t.source, t.source_name, t.metadata, t.created_at, t.updated_at from ${found} and c.id = any($3)`,
      [tenantId, indexIds, chunkIds],
    );
    return rows.map((row) => ({
      ...toChunk(row),
      datasetId: row.dataset_id,
      documentName: row.name,
      sourceName: row.source_name,
      metadata: shownMetadata(row),
    }));
  }

  async parents({ index }: Dataset, ids: readonly string[]): Promise<Chunk[]> {
    const statement = `select ${shown} from chunk c where tenant_id = $1 and index_id = $2 and live and id = any($3)`;
    return (await this.rows<ChunkRow>(index.tenantId, statement, [index.tenantId, index.indexId, ids])).map(toChunk);
  }

  async around({ index }: Dataset, { documentId, position, parentId }: Chunk, distance: number): Promise<Chunk[]> {
    const before = `${parentId ? 'parent_id = $5' : 'not is_parent and parent_id is null and $5::uuid is null'} and enabled`;
    const side = (comparison: string, order: string) =>
      `(select * from chunk where tenant_id = $1 and index_id = $2 and document_id = $3 and live and ${before} and position ${comparison} $4
        order by position ${order} limit $6)`;
    const statement = `${side('<', 'desc')} union all ${side('>', 'asc')} order by position`;
    const values = [index.tenantId, index.indexId, documentId, position, parentId || null, distance];
    return (await this.rows<ChunkRow>(index.tenantId, statement, values)).map(toChunk);
  }

  async byWords(datasets: readonly Dataset[], query: string, options: Parameters<ChunkRepository['byWords']>[2]) {
    const words = toTsquery(query);
    if (words === '') return [];
    const documents = options.filter && (await this.matching(datasets, options.filter));
    // Not behind the wall, whose policies come before any condition that is not leakproof, so that no index of words could be used. Only
    // ids are found here; their texts are read behind it.
    return inTransaction(this.pools.all, async (client) => {
      await client.query(`select set_config('statement_timeout', $1, true)`, [String(options.timeoutMs)]);
      const { rows } = await client.query<{ id: string; score: number }>(
        `select c.id, ts_rank_cd(c.words, $3::tsquery, 1) score from ${found} and c.words @@ $3::tsquery
         and ($4::uuid[] is null or c.document_id = any($4)) order by score desc, c.id limit $5`,
        [...scopeOf(datasets), words, documents ?? null, options.limit],
      );
      return rows;
    });
  }

  private async matching(datasets: readonly Dataset[], filter: MetadataFilter): Promise<string[]> {
    const [tenantId] = scopeOf(datasets);
    const statement = 'select * from document where tenant_id = $1 and dataset_id = any($2)';
    const rows = await this.rows<DocumentRow>(tenantId, statement, [tenantId, datasets.map(({ id }) => id)]);
    return rows.filter((row) => matches(shownMetadata(row), filter)).map(({ id }) => id);
  }

  private async rows<T extends object>(tenantId: string, statement: string, values: readonly unknown[]): Promise<T[]> {
    const { rows } = await withDatabase(() => this.pools.of(tenantId).query<T>(statement, [...values]));
    return rows;
  }
}

/** All of one search belong to one tenant. */
function scopeOf(datasets: readonly Dataset[]): [tenantId: string, indexIds: string[]] {
  return [datasets[0]?.index.tenantId ?? '', datasets.map(({ index }) => index.indexId)];
}

interface SavedChunk extends ChunkChange {
  readonly documentId: string;
  readonly version: number;
  readonly id: string;
  readonly words: string;
  /** Of one that is added; empty for none. */
  readonly parentId: string;
}

/** At the end; gives its position. */
async function addChunk(client: PoolClient, { id: datasetId, index }: Dataset, chunk: SavedChunk): Promise<number> {
  const { rows } = await client.query<{ position: number }>(
    `insert into chunk (id, tenant_id, dataset_id, index_id, document_id, document_version, position, content, answer, keywords, enabled, live, words, parent_id)
     select $1, $2, $3, $4::uuid, $5::uuid, $6::integer, 1 + coalesce(max(position), 0), $7, $8, $9::text[], $10::boolean, true, $11::tsvector, $12::uuid
     from chunk where index_id = $4::uuid and document_id = $5::uuid and document_version = $6::integer returning position`,
    [
      ...[chunk.id, index.tenantId, datasetId, index.indexId, chunk.documentId, chunk.version],
      ...[chunk.content, chunk.answer, chunk.keywords, chunk.enabled, toTsvector(chunk.words), chunk.parentId || null],
    ],
  );
  return rows[0]?.position ?? 0;
}

/** What has parts is given in place of them, and is no longer searched itself. Gives its position. */
async function becomeWhole(client: PoolClient, indexId: string, chunkId: string, revision: number): Promise<number[]> {
  const { rows } = await client.query<{ position: number }>(
    `update chunk set is_parent = true, words = '' where index_id = $1 and id = $2 and live returning position`,
    [indexId, chunkId],
  );
  if (rows.length === 0) throw notFound('chunk', chunkId);
  await client.query(
    `with gone as (delete from point where index_id = $1 and chunk_id = $2 returning chunk_id)
     insert into removed_point (index_id, revision, chunk_id) select $1, $3, chunk_id from gone`,
    [indexId, chunkId, revision],
  );
  return rows.map(({ position }) => position);
}

async function changeChunk(client: PoolClient, { index }: Dataset, chunk: SavedChunk): Promise<number> {
  const { rows } = await client.query<{ position: number }>(
    `update chunk set content = $4, answer = $5, keywords = $6, enabled = $7, words = case when is_parent then words else $8::tsvector end
     where tenant_id = $1 and index_id = $2 and id = $3 and live returning position`,
    [
      index.tenantId,
      index.indexId,
      chunk.id,
      chunk.content,
      chunk.answer,
      chunk.keywords,
      chunk.enabled,
      toTsvector(chunk.words),
    ],
  );
  const [changed] = rows;
  if (!changed) throw notFound('chunk', chunk.id);
  return changed.position;
}

async function recount(client: PoolClient, indexId: string, documentId: string): Promise<void> {
  await client.query(
    `update document_work set chunks = (select count(*) from chunk where index_id = $1 and document_id = $2 and live)
     where index_id = $1 and document_id = $2`,
    [indexId, documentId],
  );
}
