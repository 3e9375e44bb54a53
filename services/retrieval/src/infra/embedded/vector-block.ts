import { type Metadata, type MetadataFilter, matches } from '../../domain/metadata-filter.js';
import type { DocumentPayload, Hit, Point, VectorProbe } from '../../domain/vector-store.js';
import { BestRows } from './best-rows.js';
import type { PointPage } from './packed-page.js';
import { Postings } from './postings.js';
import { type VectorArena, VectorRows } from './vector-arena.js';

export interface BlockQuery {
  readonly probe: VectorProbe;
  readonly limit: number;
  readonly filter?: MetadataFilter | undefined;
  readonly documentIds?: readonly string[] | undefined;
  readonly ids?: readonly string[] | undefined;
}

/** What a row takes besides its vector and its terms, in bytes, roughly. */
const rowOverhead = 250;
/** Rows that are gone still cost time in every search; from here on the block wants to be read anew. */
const mostlyGone = 0.5;

/** One index in memory: exact search by vector and by words. */
export class VectorBlock {
  private readonly vectors: VectorRows;
  private readonly postings = new Postings();
  private readonly ids: string[] = [];
  /** Per row: the ordinal of its document, and 1 where the chunk is enabled. */
  private rowDocument = new Uint32Array(1024);
  private rowEnabled = new Uint8Array(1024);
  private readonly rowOf = new Map<string, number>();
  private readonly documents: { enabled: boolean; metadata: Metadata; readonly id: string }[] = [];
  private readonly documentOf = new Map<string, number>();
  /** 1 for rows that are not replaced or gone. */
  private living = new Uint8Array(1024);

  readonly dimensions: number;

  constructor(arena: VectorArena, dimensions: number) {
    this.dimensions = dimensions;
    this.vectors = new VectorRows(arena, dimensions);
  }

  get bytes(): number {
    return this.vectors.bytes + this.postings.bytes + this.ids.length * rowOverhead;
  }

  get points(): number {
    return this.rowOf.size;
  }

  /** Whether so many rows are gone that reading the index anew pays. */
  get isSparse(): boolean {
    return this.ids.length > 1000 && this.rowOf.size < this.ids.length * mostlyGone;
  }

  apply({ points, documents, removed }: PointPage): void {
    for (const document of documents) this.describe(document);
    for (const id of removed) this.forget(id);
    for (const point of points) this.add(point);
  }

  /** Best first, equal scores by id. */
  search({ probe, limit, filter, documentIds, ids }: BlockQuery): Hit[] {
    const best = new BestRows(limit, (row) => this.ids[row] ?? '');
    const among = ids && this.rowsOf(ids);
    const wanted = this.wantedRows(filter, documentIds, among);
    if ('dense' in probe) {
      const see = (row: number, cosine: number) => void (wanted[row] && best.add(row, cosine));
      if (among) this.vectors.pick(probe.dense, among, see);
      else this.vectors.scan(probe.dense, see);
    } else {
      const scores = this.postings.scores(probe.sparse, this.living, this.ids.length, this.rowOf.size);
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
    const row = this.ids.length;
    if (row === this.living.length) this.grow();
    this.vectors.push(dense);
    this.postings.add(row, sparse);
    this.ids.push(id);
    this.rowDocument[row] = this.ordinal(documentId);
    this.rowEnabled[row] = enabled ? 1 : 0;
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

  private rowsOf(ids: readonly string[]): number[] {
    return [...new Set(ids)].flatMap((id) => this.rowOf.get(id) ?? []);
  }

  /** @param among the only rows that count; all when absent. */
  private wantedRows(
    filter: MetadataFilter | undefined,
    documentIds: readonly string[] | undefined,
    among: readonly number[] | undefined,
  ): Uint8Array {
    const ids = documentIds && new Set(documentIds);
    const documents = Uint8Array.from(this.documents, ({ id, enabled, metadata }) =>
      enabled && (!ids || ids.has(id)) && (!filter || matches(metadata, filter)) ? 1 : 0,
    );
    const wanted = new Uint8Array(this.ids.length);
    const { living, rowEnabled, rowDocument } = this;
    for (const row of among ?? wanted.keys())
      wanted[row] = (living[row] ?? 0) & (rowEnabled[row] ?? 0) & (documents[rowDocument[row] ?? 0] ?? 0);
    return wanted;
  }

  private hit(row: number, score: number): Hit[] {
    const id = this.ids[row];
    return id ? [{ id, documentId: this.documents[this.rowDocument[row] ?? 0]?.id ?? '', score }] : [];
  }

  private grow(): void {
    this.living = larger(this.living, new Uint8Array(this.living.length * 2));
    this.rowEnabled = larger(this.rowEnabled, new Uint8Array(this.living.length));
    this.rowDocument = larger(this.rowDocument, new Uint32Array(this.living.length));
  }
}

function larger<T extends Uint8Array | Uint32Array>(old: T, room: T): T {
  room.set(old);
  return room;
}
