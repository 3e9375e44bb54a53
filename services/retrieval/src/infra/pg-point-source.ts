import { withDatabase } from '@treadle/persistence';
import type { Pool } from 'pg';
import { denseFromBytes, sparseFromBytes } from '../domain/sparse-vector.js';
import type { DocumentPayload, IndexRef, Point, StoredPoint } from '../domain/vector-store.js';
import type { PointPage } from './embedded/packed-page.js';
import type { PointSource } from './embedded/point-source.js';
import { type DocumentRow, shownMetadata } from './rows.js';

const pagePoints = 500;
const pageDocuments = 2000;
const noId = '00000000-0000-0000-0000-000000000000';

export interface PointRow {
  chunk_id: string;
  document_id: string;
  revision: number;
  version: number;
  dense: Buffer;
  sparse: Buffer;
  enabled: boolean;
}

export type DescribedRow = DocumentRow & { readonly id: string };

/** The points that PostgreSQL keeps, page by page: only those of chunks that are live. */
export class PgPointSource implements PointSource {
  constructor(private readonly pool: Pool) {}

  async changes({ indexId }: IndexRef, since: number): Promise<AsyncIterable<PointPage> | undefined> {
    // Both in one statement: what is gone is read before it can be forgotten.
    const [row] = await this.rows<{ forgotten_revision: number; removed: string[] }>(
      `select forgotten_revision, array(
         select chunk_id::text from removed_point where index_id = $1 and revision > $2 and $2 > 0
       ) removed from dataset_index where id = $1`,
      [indexId, since],
    );
    if (row && since > 0 && row.forgotten_revision > since) return undefined;
    return this.pages(indexId, since, row?.removed ?? []);
  }

  /** What the points of one document are to be in a store, live or not yet. */
  async *ofDocument(indexId: string, documentId: string, version: number): AsyncGenerator<Point[]> {
    for (let after = noId; ; ) {
      const rows = await this.rows<PointRow>(
        `select p.*, c.enabled from point p join chunk c on c.id = p.chunk_id
         where p.index_id = $1 and p.document_id = $2 and c.document_version = $3 and p.chunk_id > $4 order by p.chunk_id limit $5`,
        [indexId, documentId, version, after, pagePoints],
      );
      if (rows.length > 0) yield rows.map(toPoint);
      if (rows.length < pagePoints) return;
      after = rows.at(-1)?.chunk_id ?? after;
    }
  }

  async payload(indexId: string, documentId: string): Promise<DocumentPayload | undefined> {
    const rows = await this.rows<DescribedRow>(
      `select t.* from document t join document_work w on w.document_id = t.id where w.index_id = $1 and t.id = $2`,
      [indexId, documentId],
    );
    return rows.map(toPayload)[0];
  }

  async count({ indexId }: IndexRef): Promise<number> {
    const statement = 'select count(*) from point p join chunk c on c.id = p.chunk_id where p.index_id = $1 and c.live';
    const [row] = await this.rows<{ count: number }>(statement, [indexId]);
    return row?.count ?? 0;
  }

  async scroll({ indexId }: IndexRef, after: string, limit: number, documentId?: string): Promise<StoredPoint[]> {
    const rows = await this.rows<{ id: string; documentId: string; version: number; updated_at: Date }>(
      `select p.chunk_id id, p.document_id "documentId", p.version, t.updated_at
       from point p join chunk c on c.id = p.chunk_id join document t on t.id = p.document_id
       where p.index_id = $1 and c.live and p.chunk_id > $2 and ($4::uuid is null or p.document_id = $4) order by p.chunk_id limit $3`,
      [indexId, after || noId, limit, documentId],
    );
    return rows.map(({ updated_at, ...point }) => ({ ...point, changedAt: updated_at.getTime() }));
  }

  private async *pages(indexId: string, since: number, removed: readonly string[]): AsyncGenerator<PointPage> {
    if (since > 0) yield { points: [], documents: [], removed };
    for await (const documents of this.documents(indexId, since)) yield { points: [], documents, removed: [] };
    for (let revision = since, after = 'ffffffff-ffff-ffff-ffff-ffffffffffff'; ; ) {
      const rows = await this.rows<PointRow>(
        `select p.*, c.enabled from point p join chunk c on c.id = p.chunk_id
         where p.index_id = $1 and c.live and (p.revision, p.chunk_id) > ($2, $3) order by p.revision, p.chunk_id limit $4`,
        [indexId, revision, after, pagePoints],
      );
      yield { points: rows.map(toPoint), documents: [], removed: [] };
      const last = rows.at(-1);
      if (rows.length < pagePoints || !last) return;
      ({ revision, chunk_id: after } = last);
    }
  }

  private async *documents(indexId: string, since: number): AsyncGenerator<DocumentPayload[]> {
    for (let after = noId; ; ) {
      const rows = await this.rows<DescribedRow>(
        `select t.* from document_work w join document t on t.id = w.document_id
         where w.index_id = $1 and w.described_revision > $2 and t.id > $3 order by t.id limit $4`,
        [indexId, since, after, pageDocuments],
      );
      yield rows.map(toPayload);
      if (rows.length < pageDocuments) return;
      after = rows.at(-1)?.id ?? after;
    }
  }

  private async rows<T extends object>(statement: string, values: readonly unknown[]): Promise<T[]> {
    const { rows } = await withDatabase(() => this.pool.query<T>(statement, [...values]));
    return rows;
  }
}

export function toPoint({ chunk_id, document_id, version, dense, sparse, enabled }: PointRow): Point {
  const vectors = { dense: denseFromBytes(dense), sparse: sparseFromBytes(sparse) };
  return { id: chunk_id, documentId: document_id, version, enabled, ...vectors };
}

export function toPayload(row: DescribedRow): DocumentPayload {
  const changedAt = row.updated_at.getTime();
  return { documentId: row.id, enabled: row.enabled && !row.archived, metadata: shownMetadata(row), changedAt };
}
