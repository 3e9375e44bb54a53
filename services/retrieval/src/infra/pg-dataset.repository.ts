import { randomUUID } from 'node:crypto';
import { FailureError } from '@treadle/failure';
import { type TenantPools, withDatabase } from '@treadle/persistence';
import type { PoolClient } from 'pg';
import type { Dataset, DatasetSettings } from '../domain/dataset.js';
import type { DatasetRepository, Listed, Page } from '../domain/ports.js';
import { newestFirst } from './newest-first.js';
import { likeOf } from './paging.js';
import { oweIndexes } from './pg-store-debts.js';
import { type DatasetRow, datasetColumns, datasetTable, toDataset } from './rows.js';
import { inTransaction } from './transaction.js';

const uniqueViolation = '23505';

/** Datasets and their indexes in PostgreSQL. */
export class PgDatasetRepository implements DatasetRepository {
  constructor(private readonly pools: TenantPools) {}

  async create(tenantId: string, settings: DatasetSettings): Promise<Dataset> {
    const id = await this.named(settings.name, () =>
      inTransaction(this.pools.of(tenantId), async (client) => {
        const indexId = randomUUID();
        const { rows } = await client.query<{ id: string }>(
          `insert into dataset (tenant_id, name, description, embedding_provider, embedding_model, chunking, search, metadata_fields, serving_index)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning id`,
          [tenantId, ...valuesOf(settings), indexId],
        );
        const created = rows[0]?.id ?? '';
        await addIndex(client, { tenantId, datasetId: created, indexId, copiedFrom: null, settings });
        return created;
      }),
    );
    const [dataset] = await this.find(tenantId, [id]);
    if (!dataset) throw FailureError.of('not_found', 'The dataset was deleted while it was created.');
    return dataset;
  }

  async find(tenantId: string, datasetIds: readonly string[]): Promise<Dataset[]> {
    const statement = `select ${datasetColumns} from ${datasetTable} where d.tenant_id = $1 and d.id = any($2)`;
    const { rows } = await withDatabase(() =>
      this.pools.of(tenantId).query<DatasetRow>(statement, [tenantId, datasetIds]),
    );
    return rows.map(toDataset);
  }

  async list(tenantId: string, page: Page, tagIds: readonly string[]): Promise<Listed<Dataset>> {
    const where = `d.tenant_id = $1 and d.name ilike $2
      and ($3::uuid[] is null or d.id in (select dataset_id from dataset_tag where tag_id = any($3)))`;
    const values = [tenantId, likeOf(page.keyword), tagIds.length > 0 ? tagIds : null];
    const statement = { columns: datasetColumns, table: datasetTable, alias: 'd', where, values };
    return newestFirst(this.pools.of(tenantId), statement, page, toDataset);
  }

  async count(tenantId: string): Promise<number> {
    const statement = 'select count(*) from dataset where tenant_id = $1';
    const { rows } = await withDatabase(() => this.pools.of(tenantId).query<{ count: number }>(statement, [tenantId]));
    return rows[0]?.count ?? 0;
  }

  async update(tenantId: string, dataset: Dataset, settings: DatasetSettings): Promise<void> {
    await this.named(settings.name, () =>
      inTransaction(this.pools.of(tenantId), async (client) => {
        await client.query(
          `update dataset set name = $3, description = $4, embedding_provider = $5, embedding_model = $6, chunking = $7, search = $8,
             metadata_fields = $9, updated_at = now() where tenant_id = $1 and id = $2`,
          [tenantId, dataset.id, ...valuesOf(settings)],
        );
        if (!needsIndex(dataset, settings)) return;
        if (!(await setIndex(client, dataset, settings))) await this.beginIndex(client, tenantId, dataset, settings);
      }),
    );
  }

  async delete(tenantId: string, datasetId: string): Promise<boolean> {
    return inTransaction(this.pools.of(tenantId), async (client) => {
      await oweIndexes(client, 'i.tenant_id = $1 and i.dataset_id = $2', [tenantId, datasetId]);
      const statement = 'delete from dataset where tenant_id = $1 and id = $2';
      return (await client.query(statement, [tenantId, datasetId])).rowCount === 1;
    });
  }

  /** A new index beside the one that serves, in place of one that was being built. Every document is work for it. */
  private async beginIndex(client: PoolClient, tenantId: string, dataset: Dataset, settings: DatasetSettings) {
    const { id: datasetId } = dataset;
    const { indexId: serving } = dataset.index;
    await client.query('select from dataset where id = $1 for update', [datasetId]);
    await oweIndexes(client, 'i.dataset_id = $1 and i.id <> $2', [datasetId, serving]);
    await client.query('delete from dataset_index where dataset_id = $1 and id <> $2', [datasetId, serving]);
    const indexId = randomUUID();
    const sameCut = JSON.stringify(sorted(dataset.chunking)) === JSON.stringify(sorted(settings.chunking));
    await addIndex(client, { tenantId, datasetId, indexId, copiedFrom: sameCut ? serving : null, settings });
    // Of a document whose new text has failed, the one that serves goes on serving.
    await client.query(
      `insert into document_work (index_id, document_id, tenant_id, status, document_version)
       select $1, t.id, t.tenant_id, case when w.status = 'paused' then w.status else 'waiting' end,
         case when w.status = 'error' and w.served_version > 0 then w.served_version else t.version end
       from document t join document_work w on w.document_id = t.id and w.index_id = $3 where t.dataset_id = $2`,
      [indexId, datasetId, serving],
    );
  }

  private async named<T>(name: string, write: () => Promise<T>): Promise<T> {
    try {
      return await write();
    } catch (error) {
      if ((error as { code?: unknown }).code !== uniqueViolation) throw error;
      const message = `There is a dataset "${name}" already. Choose another name.`;
      throw FailureError.of('already_exists', message, { field: 'name' }, { cause: error });
    }
  }
}

/** An index that never had anything in it may become another; whether it did. */
async function setIndex(client: PoolClient, { id, index }: Dataset, settings: DatasetSettings): Promise<boolean> {
  await client.query('select from dataset where id = $1 for update', [id]);
  const { embeddingProvider, embeddingModel, chunking } = settings;
  const { rowCount } = await client.query(
    `update dataset_index set embedding_provider = $2, embedding_model = $3, chunking = $4
     where id = $1 and revision = 0 and not exists (select from document_work where index_id = $1)
       and (select count(*) from dataset_index where dataset_id = $5) = 1`,
    [index.indexId, embeddingProvider, embeddingModel, JSON.stringify(chunking), id],
  );
  return rowCount === 1;
}

function valuesOf(settings: DatasetSettings): unknown[] {
  const { name, description, embeddingProvider, embeddingModel, chunking, search, metadataFields } = settings;
  const json = [chunking, search, metadataFields].map((value) => JSON.stringify(value));
  return [name, description, embeddingProvider, embeddingModel, ...json];
}

function needsIndex(dataset: Dataset, settings: DatasetSettings): boolean {
  const of = ({ chunking, embeddingProvider, embeddingModel }: DatasetSettings) =>
    JSON.stringify([sorted(chunking), embeddingProvider, embeddingModel]);
  return of(dataset) !== of(settings);
}

/** PostgreSQL keeps no order of keys. */
const sorted = (value: object) => Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));

interface NewIndex {
  readonly tenantId: string;
  readonly datasetId: string;
  readonly indexId: string;
  readonly copiedFrom: string | null;
  readonly settings: DatasetSettings;
}

async function addIndex(
  client: PoolClient,
  { tenantId, datasetId, indexId, copiedFrom, settings }: NewIndex,
): Promise<void> {
  const { embeddingProvider, embeddingModel, chunking } = settings;
  await client.query(
    `insert into dataset_index (id, tenant_id, dataset_id, embedding_provider, embedding_model, chunking, copied_from)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [indexId, tenantId, datasetId, embeddingProvider, embeddingModel, JSON.stringify(chunking), copiedFrom],
  );
}
