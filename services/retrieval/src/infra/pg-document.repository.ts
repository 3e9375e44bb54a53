import { type Connections, type TenantPools, withDatabase } from '@treadle/persistence';
import type { PoolClient } from 'pg';
import type { Dataset, Document } from '../domain/dataset.js';
import { type MetadataFilter, matches } from '../domain/metadata-filter.js';
import type {
  DocumentChange,
  DocumentRepository,
  DocumentSelection,
  Listed,
  NewDocument,
  Page,
} from '../domain/ports.js';
import type { LimitCheck } from '../domain/tenant-limits.js';
import type { DocumentOrigin } from '../domain/text-source.js';
import type { IndexRef } from '../domain/vector-store.js';
import { addVersion, dropVersions, originOfNewest, sourceNameOf } from './document-versions.js';
import { newestFirst } from './newest-first.js';
import { likeOf } from './paging.js';
import {
  type DatasetRow,
  type DocumentRow,
  documentColumns,
  documentTable,
  shownMetadata,
  toDataset,
  toDocument,
} from './rows.js';
import { documentUsage } from './tenant-usage.js';
import { inTransaction, nextRevision } from './transaction.js';

/** Documents in PostgreSQL, with the work that their changes make. */
export class PgDocumentRepository implements DocumentRepository {
  constructor(private readonly pools: TenantPools) {}

  async create({ id: datasetId, index }: Dataset, document: NewDocument, room: LimitCheck): Promise<string> {
    const { name, metadata, origin, chunking } = document;
    return inTransaction(this.pools.of(index.tenantId), async (client) => {
      // Against a new index that begins at the same moment and would not know the document.
      await client.query('select from dataset where id = $1 for share', [datasetId]);
      room(await documentUsage(client, index.tenantId));
      const { rows } = await client.query<{ id: string }>(
        `insert into document (tenant_id, dataset_id, name, source, source_name, metadata, chunking, characters)
         values ($1, $2, $3, $4, $5, $6, $7, 0) returning id`,
        [
          ...[index.tenantId, datasetId, name, origin.source, sourceNameOf(origin), JSON.stringify(metadata)],
          chunking ? JSON.stringify(chunking) : null,
        ],
      );
      const id = rows[0]?.id ?? '';
      await addVersion(client, id, 1, origin);
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
      this.pools.of(tenantId).query<DocumentRow>(statement, [tenantId, datasetId, documentId]),
    );
    return rows.map(toDocument)[0];
  }

  async list(tenantId: string, datasetId: string, page: Page, which: DocumentSelection): Promise<Listed<Document>> {
    const { statuses, enabled = null, archived = null } = which;
    const where = `t.tenant_id = $1 and t.dataset_id = $2 and t.name ilike $3 and ($4::text[] is null or w.status = any($4))
      and ($5::boolean is null or t.enabled = $5) and ($6::boolean is null or t.archived = $6)`;
    const values = [
      tenantId,
      datasetId,
      likeOf(page.keyword),
      statuses.length > 0 ? statuses : null,
      enabled,
      archived,
    ];
    const statement = { columns: documentColumns, table: documentTable, alias: 't', where, values };
    return newestFirst(this.pools.of(tenantId), statement, page, toDocument);
  }

  async part(tenantId: string, documentId: string, part: number) {
    const { rows } = await withDatabase(() =>
      this.pools.of(tenantId).query<{ content: string; last: boolean }>(
        `select p.content, not exists (select from document_part n where n.document_id = $1 and n.version = p.version and n.part > $2) last
         from document_part p join document_version v on v.document_id = p.document_id and v.version = p.version
         where p.document_id = $1 and p.part = $2 and v.is_read order by p.version desc limit 1`,
        [documentId, part],
      ),
    );
    return rows[0];
  }

  async update(dataset: Dataset, documentId: string, change: DocumentChange, room: LimitCheck): Promise<void> {
    const { name, metadata, enabled, archived, paused, chunking } = change;
    await inTransaction(this.pools.of(dataset.index.tenantId), async (client) => {
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
      if (chunking !== undefined) await setChunking(client, documentId, chunking);
      const origin = change.origin ?? (chunking === undefined ? undefined : await originOfNewest(client, documentId));
      if (origin?.source === 'text') room(await documentUsage(client, dataset.index.tenantId, documentId));
      if (origin) await newVersion(client, documentId, origin);
      if (paused === true) await client.query(pause, [documentId]);
      if (paused === false) await goOn(client, documentId, ['paused', 'error']);
    });
  }

  async retry({ index }: Dataset, documentId: string): Promise<boolean> {
    return inTransaction(this.pools.of(index.tenantId), async (client) => {
      await client.query(lockWork, [documentId]);
      return goOn(client, documentId, ['error']);
    });
  }

  async delete(dataset: Dataset, documentId: string): Promise<void> {
    await inTransaction(this.pools.of(dataset.index.tenantId), async (client) => {
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
    return withDatabase(() => this.indexesIn(this.pools.of(dataset.index.tenantId), dataset));
  }

  async matching(dataset: Dataset, filter: MetadataFilter): Promise<string[]> {
    const statement = 'select * from document where tenant_id = $1 and dataset_id = $2 and enabled and not archived';
    const values = [dataset.index.tenantId, dataset.id];
    const { rows } = await withDatabase(() =>
      this.pools.of(dataset.index.tenantId).query<DocumentRow>(statement, values),
    );
    return rows.filter((row) => matches(shownMetadata(row), filter)).map(({ id }) => id);
  }

  /** In the order in which every transaction takes them. */
  private async indexesIn(client: Pick<Connections, 'query'>, dataset: Dataset): Promise<IndexRef[]> {
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
const pause = `update document_work set status = 'paused', fence = fence + 1, held = false
  where document_id = $1 and status in ('waiting', 'extracting', 'splitting', 'indexing')`;

/** What has been cut and indexed already is kept, unless there is a newer text. Whether there was anything to go on with. */
async function goOn(client: PoolClient, documentId: string, from: readonly string[]): Promise<boolean> {
  const { rowCount } = await client.query(
    `update document_work set status = 'waiting', error = '', error_code = '', attempts = 0, held = false, due_at = now()
     where document_id = $1 and status = any($2)`,
    [documentId, from],
  );
  await client.query(
    `update document_work w set ${anew}, document_version = d.version from document d
     where d.id = $1 and w.document_id = d.id and w.document_version < d.version`,
    [documentId],
  );
  return rowCount !== 0;
}

const anew = `status = 'waiting', error = '', error_code = '', next_part = 0, chunks_cut = 0, chunks_indexed = 0, attempts = 0,
  fence = fence + 1, held = false, due_at = now()`;

async function newVersion(client: PoolClient, documentId: string, origin: DocumentOrigin): Promise<void> {
  const statement = 'update document set version = version + 1 where id = $1 returning version';
  const { rows } = await client.query<{ version: number }>(statement, [documentId]);
  const version = rows[0]?.version ?? 1;
  await addVersion(client, documentId, version, origin);
  await client.query(`update document_work set ${anew}, document_version = $2 where document_id = $1`, [
    documentId,
    version,
  ]);
  await dropVersions(client, documentId);
}

async function setChunking(client: PoolClient, documentId: string, chunking: DocumentChange['chunking']) {
  const json = chunking ? JSON.stringify(chunking) : null;
  await client.query('update document set chunking = $2 where id = $1', [documentId, json]);
}
