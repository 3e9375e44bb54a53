import { type Metadata, type MetadataFilter, matches } from '../../domain/metadata-filter.js';
import type { DocumentPayload, Hit, Point, VectorProbe } from '../../domain/vector-store.js';
import { BestRows } from './best-rows.js';
import { Postings } from './postings.js';
import { type VectorArena, VectorRows } from './vector-arena.js';

/** A change of an index: what was committed after some revision. */
export interface PointPage {
  readonly points: readonly Point[];
  readonly documents: readonly DocumentPayload[];
  /** Ids of points that are gone. */
  readonly removed: readonly string[];
}

export interface BlockQuery {
  readonly probe: VectorProbe;
  readonly limit: number;
  readonly filter?: MetadataFilter | undefined;
  readonly documentIds?: readonly string[] | undefined;
}

interface Row {
  readonly id: string;
  readonly document: number;
  enabled: boolean;
}

/** What a row takes besides its vector and its terms, in bytes, roughly. */
const rowOverhead = 250;
/** Rows that are gone still cost time in every search; from here on the block wants to be read anew. */
const mostlyGone = 0.5;

/** One index in memory: exact search by vector and by words. */
export class VectorBlock {
  private readonly vectors: VectorRows;
  private readonly postings = new Postings();
  private readonly rows: Row[] = [];
  private readonly rowOf = new Map<string, number>();
  private readonly documents: { enabled: boolean; metadata: Metadata; readonly id: string }[] = [];
  private readonly documentOf = new Map<string, number>();
  /** 1 for rows that are not replaced or gone. */
  private living = new Uint8Array(1024);

  constructor(arena: VectorArena, dimensions: number) {
    this.vectors = new VectorRows(arena, dimensions);
  }

  get bytes(): number {
    return this.vectors.bytes + this.postings.bytes + this.rows.length * rowOverhead;
  }

  /** Whether so many rows are gone that reading the index anew pays. */
  get isSparse(): boolean {
    return this.rows.length > 1000 && this.rowOf.size < this.rows.length * mostlyGone;
  }

  apply({ points, documents, removed }: PointPage): void {
    for (const document of documents) this.describe(document);
    for (const id of removed) this.forget(id);
    for (const point of points) this.add(point);
  }

  /** Best first, equal scores by id. */
  search({ probe, limit, filter, documentIds }: BlockQuery): Hit[] {
    const best = new BestRows(limit, (row) => this.rows[row]?.id ?? '');
    const wanted = this.wantedRows(filter, documentIds);
    if ('dense' in probe) this.vectors.scan(probe.dense, (row, cosine) => wanted[row] && best.add(row, cosine));
    else {
      const scores = this.postings.scores(probe.sparse, this.living, this.rows.length, this.rowOf.size);
      for (let row = 0; row < scores.length; row += 1) {
        const score = scores[row] ?? 0;
        if (score > 0 && wanted[row]) best.add(row, score);
      }
    }
    return best.rows.flatMap(({ row, score }) => this.hit(row, score));
  }

  close(): void {
    this.vectors.close();
  }

  private add({ id, documentId, dense, sparse, enabled }: Point): void {
    this.forget(id);
    const row = this.rows.length;
    if (row === this.living.length) this.grow();
    this.vectors.push(dense);
    this.postings.add(row, sparse);
    this.rows.push({ id, document: this.ordinal(documentId), enabled });
    this.rowOf.set(id, row);
    this.living[row] = 1;
  }

  private forget(id: string): void {
    const row = this.rowOf.get(id);
    if (row === undefined) return;
    this.living[row] = 0;
    this.rowOf.delete(id);
  }

  private describe({ documentId, enabled, metadata }: DocumentPayload): void {
    this.documents[this.ordinal(documentId)] = { id: documentId, enabled, metadata };
  }

  /** A document that was not described yet is not found: its page comes with its description. */
  private ordinal(documentId: string): number {
    const known = this.documentOf.get(documentId);
    if (known !== undefined) return known;
    const ordinal = this.documents.push({ id: documentId, enabled: false, metadata: {} }) - 1;
    this.documentOf.set(documentId, ordinal);
    return ordinal;
  }

  private wantedRows(filter: MetadataFilter | undefined, documentIds: readonly string[] | undefined): Uint8Array {
    const ids = documentIds && new Set(documentIds);
    const wantedDocuments = this.documents.map(
      ({ id, enabled, metadata }) => enabled && (!ids || ids.has(id)) && (!filter || matches(metadata, filter)),
    );
    const wanted = new Uint8Array(this.rows.length);
    for (const [row, { document, enabled }] of this.rows.entries())
      wanted[row] = this.living[row] && enabled && wantedDocuments[document] ? 1 : 0;
    return wanted;
  }

  private hit(row: number, score: number): Hit[] {
    const found = this.rows[row];
    return found ? [{ id: found.id, documentId: this.documents[found.document]?.id ?? '', score }] : [];
  }

  private grow(): void {
    const larger = new Uint8Array(this.living.length * 2);
    larger.set(this.living);
    this.living = larger;
  }
}
