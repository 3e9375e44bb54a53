import { withDatabase } from '@treadle/persistence';
import type { Pool } from 'pg';
import type { IndexChanges, IndexScope, PointTruth, TruePoint } from '../domain/upkeep-ports.js';
import type { DocumentPayload, IndexRef, Point, VectorSpace } from '../domain/vector-store.js';
import { type DescribedRow, type PgPointSource, type PointRow, toPayload, toPoint } from './pg-point-source.js';
import { type DatasetRow, toDataset } from './rows.js';

interface TrueRow {
  id: string;
  documentId: string;
  version: number;
  updated_at: Date;
  live: boolean;
}

const noId = '00000000-0000-0000-0000-000000000000';
/** An index without vectors yet has no points: its space is not known. */
const indexColumns = `i.tenant_id, i.dataset_id id, i.id index_id, i.embedding_provider index_provider, i.embedding_model index_model,
  i.dimensions, i.revision from dataset_index i where (i.dimensions > 0 or i.embedding_model = '')`;
const trueColumns = `p.chunk_id id, p.document_id "documentId", p.version, t.updated_at, c.live
  from point p join chunk c on c.id = p.chunk_id join document t on t.id = p.document_id where p.index_id = $1`;

/** What PostgreSQL says of points, to those who keep copies in order. */
export class PgPointTruth implements PointTruth {
  constructor(
    private readonly pool: Pool,
    private readonly source: PgPointSource,
  ) {}

  spaces(tenantId?: string): Promise<VectorSpace[]> {
    return this.rows<VectorSpace>(
      `select distinct embedding_provider provider, embedding_model model, dimensions from dataset_index i
       where (dimensions > 0 or embedding_model = '') and exists (select from point p where p.index_id = i.id)
         and ($1::text is null or tenant_id = $1) order by 1, 2, 3`,
      [tenantId],
    );
  }

  async index(indexId: string): Promise<IndexRef | undefined> {
    const rows = await this.rows<DatasetRow>(`select ${indexColumns} and i.id = $1`, [indexId]);
    return rows.map((row) => toDataset(row).index)[0];
  }

  async indexes({ space, tenantId, datasetIds }: IndexScope, after: string, limit: number): Promise<IndexRef[]> {
    const rows = await this.rows<DatasetRow>(
      `select ${indexColumns} and i.id > $1 and ($2::text is null or (i.embedding_provider, i.embedding_model, i.dimensions) = ($2, $3, $4))
         and ($5::text is null or i.tenant_id = $5) and ($6::uuid[] is null or i.dataset_id = any($6)) order by i.id limit $7`,
      [after || noId, space?.provider, space?.model, space?.dimensions, tenantId, datasetIds, limit],
    );
    return rows.map((row) => toDataset(row).index);
  }

  async known(indexIds: readonly string[]): Promise<ReadonlySet<string>> {
    const rows = await this.rows<{ id: string }>('select id from dataset_index where id = any($1::uuid[])', [indexIds]);
    return new Set(rows.map(({ id }) => id));
  }

  list({ indexId }: IndexRef, after: string, limit: number, documentId?: string): Promise<TruePoint[]> {
    return this.truePoints(
      `select ${trueColumns} and p.chunk_id > $2 and ($4::uuid is null or p.document_id = $4) order by p.chunk_id limit $3`,
      [indexId, after || noId, limit, documentId],
    );
  }

  some({ indexId }: IndexRef, ids: readonly string[]): Promise<TruePoint[]> {
    return this.truePoints(`select ${trueColumns} and p.chunk_id = any($2::uuid[]) order by p.chunk_id`, [
      indexId,
      ids,
    ]);
  }

  async read({ indexId }: IndexRef, ids: readonly string[]) {
    const rows = await this.rows<PointRow>(
      `select p.*, c.enabled from point p join chunk c on c.id = p.chunk_id
       where p.index_id = $1 and c.live and p.chunk_id = any($2::uuid[]) order by p.chunk_id`,
      [indexId, ids],
    );
    const documentIds = [...new Set(rows.map(({ document_id }) => document_id))];
    const statement = 'select * from document where id = any($1::uuid[])';
    const documents = (await this.rows<DescribedRow>(statement, [documentIds])).map(toPayload);
    // A document that went in between took its points along.
    const described = new Set(documents.map(({ documentId }) => documentId));
    const points: Point[] = rows.filter(({ document_id }) => described.has(document_id)).map(toPoint);
    return { points, documents };
  }

  payload(indexId: string, documentId: string): Promise<DocumentPayload | undefined> {
    return this.source.payload(indexId, documentId);
  }

  count(index: IndexRef): Promise<number> {
    return this.source.count(index);
  }

  async changes(index: IndexRef, since: number): Promise<AsyncIterable<IndexChanges> | undefined> {
    const pages = await this.source.changes(index, since);
    return pages && changesOf(pages);
  }

  async isServed({ provider, model, dimensions }: VectorSpace): Promise<boolean> {
    const rows = await this.rows(
      `select from dataset_index i where (i.embedding_provider, i.embedding_model, i.dimensions) = ($1, $2, $3)
         and exists (select from document_work w where w.index_id = i.id and w.served_version > 0) limit 1`,
      [provider, model, dimensions],
    );
    return rows.length > 0;
  }

  private async truePoints(statement: string, values: readonly unknown[]): Promise<TruePoint[]> {
    const rows = await this.rows<TrueRow>(statement, values);
    return rows.map(({ updated_at, ...point }) => ({ ...point, changedAt: updated_at.getTime() }));
  }

  private async rows<T extends object>(statement: string, values: readonly unknown[]): Promise<T[]> {
    const { rows } = await withDatabase(() => this.pool.query<T>(statement, [...values]));
    return rows;
  }
}

async function* changesOf(pages: Awaited<ReturnType<PgPointSource['changes']>> & object): AsyncGenerator<IndexChanges> {
  for await (const { points, documents, removed } of pages)
    yield {
      ids: [...points.map(({ id }) => id), ...removed],
      documentIds: documents.map(({ documentId }) => documentId),
    };
}
