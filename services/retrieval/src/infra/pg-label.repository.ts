import { FailureError } from '@treadle/failure';
import { type TenantPools, withDatabase } from '@treadle/persistence';
import type { PoolClient } from 'pg';
import type { MetadataFieldType } from '../domain/dataset.js';
import type { Fields, LabelRepository, Tag } from '../domain/labels.js';
import type { IndexRef } from '../domain/vector-store.js';
import { inTransaction, nextRevision } from './transaction.js';

interface TagRow {
  id: string;
  name: string;
  dataset_ids: string[];
}

const tagColumns = `g.id, g.name, coalesce((select array_agg(b.dataset_id::text) from dataset_tag b where b.tag_id = g.id), '{}') dataset_ids`;
const uniqueViolation = '23505';

/** Tags of datasets and fields of documents' metadata in PostgreSQL. */
export class PgLabelRepository implements LabelRepository {
  constructor(
    private readonly pools: TenantPools,
    /** Whether the vector store is told of changes, and so may miss one. */
    private readonly storeIsTold: boolean,
  ) {}

  async tags(tenantId: string): Promise<Tag[]> {
    const statement = `select ${tagColumns} from tag g where g.tenant_id = $1 order by g.name, g.id`;
    return (await this.rows<TagRow>(tenantId, statement, [tenantId])).map(toTag);
  }

  async addTag(tenantId: string, name: string): Promise<Tag> {
    const statement = `insert into tag as g (tenant_id, name) values ($1, $2) returning ${tagColumns}`;
    const [row] = await named(name, () => this.rows<TagRow>(tenantId, statement, [tenantId, name]));
    return row ? toTag(row) : { id: '', name, datasetIds: [] };
  }

  async renameTag(tenantId: string, tagId: string, name: string): Promise<Tag | undefined> {
    const statement = `update tag g set name = $3 where g.tenant_id = $1 and g.id = $2 returning ${tagColumns}`;
    return (await named(name, () => this.rows<TagRow>(tenantId, statement, [tenantId, tagId, name]))).map(toTag)[0];
  }

  async deleteTag(tenantId: string, tagId: string): Promise<boolean> {
    const statement = 'delete from tag where tenant_id = $1 and id = $2 returning id';
    return (await this.rows(tenantId, statement, [tenantId, tagId])).length === 1;
  }

  async bind({ tenantId, datasetId }: IndexRef, tagIds: readonly string[], bound: boolean): Promise<void> {
    const statement = bound
      ? 'insert into dataset_tag (dataset_id, tag_id) select $1, unnest($2::uuid[]) on conflict do nothing'
      : 'delete from dataset_tag where dataset_id = $1 and tag_id = any($2::uuid[])';
    await this.rows(tenantId, statement, [datasetId, tagIds]);
  }

  /** Fields are named in the dataset; each has an id from when it is first looked at. */
  async fields({ tenantId, datasetId }: IndexRef): Promise<Fields> {
    await this.rows(
      tenantId,
      `insert into metadata_field (dataset_id, name)
       select d.id, n.name from dataset d, jsonb_object_keys(d.metadata_fields) n (name) where d.id = $1 on conflict do nothing`,
      [datasetId],
    );
    const fields = await this.rows<{ id: string; name: string; type: MetadataFieldType; documents: number }>(
      tenantId,
      `select f.id, f.name, d.metadata_fields ->> f.name "type",
         (select count(*) from document t where t.dataset_id = d.id and t.metadata ->> f.name is not null) documents
       from metadata_field f join dataset d on d.id = f.dataset_id
       where d.id = $1 and jsonb_exists(d.metadata_fields, f.name) order by f.name`,
      [datasetId],
    );
    const statement = 'select shows_built_in shown from dataset where id = $1';
    const [row] = await this.rows<{ shown: boolean }>(tenantId, statement, [datasetId]);
    return { fields, showsBuiltIn: row?.shown ?? false };
  }

  async changeField({ tenantId, datasetId }: IndexRef, name: string, newName: string | undefined): Promise<void> {
    await inTransaction(this.pools.of(tenantId), async (client) => {
      await client.query('select from dataset where id = $1 for update', [datasetId]);
      const { rows } = await client.query<{ id: string }>(
        'select id from document where dataset_id = $1 and jsonb_exists(metadata, $2)',
        [datasetId, name],
      );
      const ids = rows.map(({ id }) => id);
      await client.query(
        'select from document_work where document_id = any($1) order by document_id, index_id for update',
        [ids],
      );
      const moved = (column: string) =>
        `case when $3::text is null then ${column} - $2::text else ${column} - $2::text || jsonb_build_object($3::text, ${column} -> $2::text) end`;
      await client.query(
        `update document set metadata = ${moved('metadata')}, updated_at = now() where dataset_id = $1 and jsonb_exists(metadata, $2::text)`,
        [datasetId, name, newName],
      );
      await client.query(
        `update dataset set metadata_fields = ${moved('metadata_fields')}, updated_at = now() where id = $1 and jsonb_exists(metadata_fields, $2::text)`,
        [datasetId, name, newName],
      );
      await renameId(client, datasetId, name, newName);
      await this.describeAnew(client, datasetId, ids);
    });
  }

  async showBuiltIn({ tenantId, datasetId }: IndexRef, shown: boolean): Promise<void> {
    await this.rows(tenantId, 'update dataset set shows_built_in = $2, updated_at = now() where id = $1', [
      datasetId,
      shown,
    ]);
  }

  /** Copies read what has changed since; a store that is told is owed it. */
  private async describeAnew(client: PoolClient, datasetId: string, ids: readonly string[]): Promise<void> {
    const { rows } = await client.query<{ id: string }>(
      'select id from dataset_index where dataset_id = $1 order by id',
      [datasetId],
    );
    for (const { id: indexId } of rows) {
      const revision = await nextRevision(client, indexId);
      const statement =
        'update document_work set described_revision = $3 where index_id = $1 and document_id = any($2::uuid[])';
      await client.query(statement, [indexId, ids, revision]);
      if (this.storeIsTold) await client.query(owe, [indexId, ids]);
    }
  }

  private async rows<T extends object>(tenantId: string, statement: string, values: readonly unknown[]): Promise<T[]> {
    const { rows } = await withDatabase(() => this.pools.of(tenantId).query<T>(statement, [...values]));
    return rows;
  }
}

const owe = `insert into store_debt (tenant_id, dataset_id, index_id, document_id, embedding_provider, embedding_model, dimensions, due_at)
  select i.tenant_id, i.dataset_id, i.id, unnest($2::uuid[]), i.embedding_provider, i.embedding_model, i.dimensions, now()
  from dataset_index i where i.id = $1`;

async function renameId(client: PoolClient, datasetId: string, name: string, newName: string | undefined) {
  // An id may be left of a field that was taken out of the dataset's settings.
  await client.query('delete from metadata_field where dataset_id = $1 and name = $2', [datasetId, newName ?? name]);
  if (newName === undefined) return;
  const statement = 'update metadata_field set name = $3 where dataset_id = $1 and name = $2';
  await client.query(statement, [datasetId, name, newName]);
}

async function named<T>(name: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if ((error as { code?: unknown }).code !== uniqueViolation) throw error;
    const message = `There is a tag "${name}" already. Choose another name.`;
    throw FailureError.of('already_exists', message, { field: 'name' }, { cause: error });
  }
}

const toTag = ({ id, name, dataset_ids }: TagRow): Tag => ({ id, name, datasetIds: dataset_ids });
