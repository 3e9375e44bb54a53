import { withDatabase } from '@treadle/persistence';
import type { Pool, PoolClient } from 'pg';
import type { Dataset, Document } from '../domain/dataset.js';
import { type MetadataFilter, matches } from '../domain/metadata-filter.js';
import type { DocumentChange, DocumentRepository, Listed, NewDocument, Page } from '../domain/ports.js';
import type { IndexRef } from '../domain/vector-store.js';
import { cutPage, likeOf, readCursor } from './paging.js';
import {
  type DatasetRow,
  type DocumentRow,
  documentColumns,
  documentTable,
  shownMetadata,
  toDataset,
  toDocument,
} from './rows.js';
import { inTransaction, nextRevision } from './transaction.js';

/** Characters of one part: what a worker holds of a text at a time. */
const partCharacters = 200_000;

/** Documents in PostgreSQL, with the work that their changes make. */
export class PgDocumentRepository implements DocumentRepository {
  constructor(private readonly pool: Pool) {}

  async create({ id: datasetId, index }: Dataset, document: NewDocument): Promise<string> {
    const { name, source, sourceName, metadata, text } = document;
    return inTransaction(this.pool, async (client) => {
      // Against a new index that begins at the same moment and would not know the document.
      await client.query('select from dataset where id = $1 for share', [datasetId]);
      const { rows } = await client.query<{ id: string }>(
        `insert into document (tenant_id, dataset_id, name, source, source_name, metadata, characters)
         values ($1, $2, $3, $4, $5, $6, $7) returning id`,
        [index.tenantId, datasetId, name, source, sourceName, JSON.stringify(metadata), text.length],
      );
      const id = rows[0]?.id ?? '';
      await writeParts(client, id, text);
      await client.query(
        `insert into document_work (index_id, document_id, tenant_id, status, document_version)
         select id, $1, tenant_id, 'waiting', 1 from dataset_index where dataset_id = $2`,
        [id, datasetId],
      );
      return id;
    });
  }

  async find(tenantId: string, datasetId: string, documentId: string): Promise<Document | undefined> {
    const statement = `select ${documentColumns} from ${documentTable} where t.tenant_id = $1 and t.dataset_id = $2 and t.id = $3`;
    const { rows } = await withDatabase(() =>
      this.pool.query<DocumentRow>(statement, [tenantId, datasetId, documentId]),
    );
    return rows.map(toDocument)[0];
  }

  async list(tenantId: string, datasetId: string, page: Page): Promise<Listed<Document>> {
    const [moment, id] = readCursor(page.cursor);
    const statement = `select ${documentColumns} from ${documentTable}
      where t.tenant_id = $1 and t.dataset_id = $2 and t.name ilike $3 and (date_trunc('milliseconds', t.created_at), t.id) < ($4, $5)
      order by date_trunc('milliseconds', t.created_at) desc, t.id desc limit $6`;
    const values = [tenantId, datasetId, likeOf(page.keyword), moment, id, page.limit + 1];
    const { rows } = await withDatabase(() => this.pool.query<DocumentRow>(statement, values));
    return cutPage(rows.map(toDocument), page.limit);
  }

  async update(dataset: Dataset, documentId: string, change: DocumentChange): Promise<void> {
    const { name, metadata, enabled, archived, text, paused } = change;
    await inTransaction(this.pool, async (client) => {
      await client.query(lockWork, [documentId]);
      await client.query(
        `update document set name = coalesce($3, name), metadata = coalesce($4, metadata), enabled = coalesce($5, enabled),
           archived = coalesce($6, archived), updated_at = now() where tenant_id = $1 and id = $2`,
        [dataset.index.tenantId, documentId, name, metadata && JSON.stringify(metadata), enabled, archived],
      );
      for (const { indexId } of await this.indexesIn(client, dataset)) {
        const statement = 'update document_work set described_revision = $3 where index_id = $1 and document_id = $2';
        await client.query(statement, [indexId, documentId, await nextRevision(client, indexId)]);
      }
      if (text !== undefined) await replaceText(client, documentId, text);
      if (paused !== undefined) await client.query(paused ? pause : goOn, [documentId]);
    });
  }

  async delete(dataset: Dataset, documentId: string): Promise<void> {
    await inTransaction(this.pool, async (client) => {
      await client.query(lockWork, [documentId]);
      for (const { indexId } of await this.indexesIn(client, dataset)) {
        const revision = await nextRevision(client, indexId);
        await client.query(
          `insert into removed_point (index_id, revision, chunk_id)
           select index_id, $3, chunk_id from point where index_id = $1 and document_id = $2`,
          [indexId, documentId, revision],
        );
      }
      await client.query('delete from document where tenant_id = $1 and id = $2', [dataset.index.tenantId, documentId]);
    });
  }

  indexes(dataset: Dataset): Promise<IndexRef[]> {
    return withDatabase(() => this.indexesIn(this.pool, dataset));
  }

  async matching(dataset: Dataset, filter: MetadataFilter): Promise<string[]> {
    const statement = 'select * from document where tenant_id = $1 and dataset_id = $2 and enabled and not archived';
    const values = [dataset.index.tenantId, dataset.id];
    const { rows } = await withDatabase(() => this.pool.query<DocumentRow>(statement, values));
    return rows.filter((row) => matches(shownMetadata(row), filter)).map(({ id }) => id);
  }

  /** In the order in which every transaction takes them. */
  private async indexesIn(client: Pick<PoolClient, 'query'> | Pool, dataset: Dataset): Promise<IndexRef[]> {
    const { rows } = await client.query<DatasetRow>(
      `select i.tenant_id, i.dataset_id id, i.id index_id, i.embedding_provider index_provider, i.embedding_model index_model, i.dimensions, i.revision
       from dataset_index i where i.tenant_id = $1 and i.dataset_id = $2 order by i.id`,
      [dataset.index.tenantId, dataset.id],
    );
    return rows.map((row) => toDataset(row).index);
  }
}

/** Before the index, as those do who finish a work. */
const lockWork = 'select from document_work where document_id = $1 order by index_id for update';
const pause = `update document_work set status = 'paused', fence = fence + 1
  where document_id = $1 and status in ('waiting', 'splitting', 'indexing')`;
/** What has been cut and indexed already is kept. */
const goOn = `update document_work set status = 'waiting', error = '', attempts = 0, due_at = now()
  where document_id = $1 and status in ('paused', 'failed')`;

async function replaceText(client: PoolClient, documentId: string, text: string): Promise<void> {
  const statement = 'update document set version = version + 1, characters = $2 where id = $1 returning version';
  const { rows } = await client.query<{ version: number }>(statement, [documentId, text.length]);
  await client.query('delete from document_part where document_id = $1', [documentId]);
  await writeParts(client, documentId, text);
  await client.query(
    `update document_work set status = 'waiting', error = '', document_version = $2, next_part = 0, chunks_cut = 0, chunks_indexed = 0,
       attempts = 0, fence = fence + 1, due_at = now() where document_id = $1`,
    [documentId, rows[0]?.version],
  );
}

/** Parts end where a paragraph does, where one does; no chunk spans two. */
async function writeParts(client: PoolClient, documentId: string, text: string): Promise<void> {
  let part = 0;
  for (let at = 0; at < text.length; part += 1) {
    const end = endOfPart(text, at);
    const content = text.slice(at, end).replaceAll('\u0000', '').toWellFormed();
    await client.query('insert into document_part values ($1, $2, $3)', [documentId, part, content]);
    at = end;
  }
}

function endOfPart(text: string, at: number): number {
  if (text.length - at <= partCharacters) return text.length;
  const paragraph = text.lastIndexOf('\n\n', at + partCharacters);
  if (paragraph > at + partCharacters / 2) return paragraph + 2;
  const word = text.lastIndexOf(' ', at + partCharacters);
  return word > at + partCharacters / 2 ? word + 1 : at + partCharacters;
}
