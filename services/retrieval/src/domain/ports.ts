import type { Chunking } from './chunking.js';
import type { Chunk, Dataset, DatasetSettings, Document } from './dataset.js';
import type { Metadata, MetadataFilter } from './metadata-filter.js';
import type { LimitCheck } from './tenant-limits.js';
import type { DocumentOrigin } from './text-source.js';
import type { IndexRef, Point, PointSelection } from './vector-store.js';

export interface Page {
  /** From the page before; empty for the first. */
  readonly cursor: string;
  /** Counted from 1, in place of a cursor; 0 goes by the cursor. */
  readonly number: number;
  readonly limit: number;
  /** Only names that hold this; empty for all. */
  readonly keyword: string;
}

export interface Listed<T> {
  readonly items: readonly T[];
  /** Empty after the last page, and where pages have numbers. */
  readonly nextCursor: string;
  /** Of all pages, where they have numbers. */
  readonly total?: number;
}

/** Which documents are listed; what is undefined does not matter. */
export interface DocumentSelection {
  readonly statuses: readonly string[];
  readonly enabled: boolean | undefined;
  readonly archived: boolean | undefined;
}

/** Which chunks are listed: all, or the parts of some, or those that are parts of nothing. */
export interface ChunkSelection {
  readonly parentIds: readonly string[];
  readonly wholesOnly: boolean;
}

export interface NewDocument {
  readonly name: string;
  readonly metadata: Metadata;
  readonly origin: DocumentOrigin;
  /** Undefined for the way of its dataset. */
  readonly chunking: Chunking | undefined;
}

/** What is undefined stays as it is. */
export interface DocumentChange {
  readonly name: string | undefined;
  readonly metadata: Metadata | undefined;
  /** Of a new text. */
  readonly origin: DocumentOrigin | undefined;
  /** Null for the way of its dataset. The text is cut anew. */
  readonly chunking: Chunking | null | undefined;
  readonly enabled: boolean | undefined;
  readonly archived: boolean | undefined;
  readonly paused: boolean | undefined;
}

/** Datasets in PostgreSQL. Whatever belongs to another tenant does not exist. */
export interface DatasetRepository {
  /** Throws FailureError `already_exists`. */
  create(tenantId: string, settings: DatasetSettings): Promise<Dataset>;
  find(tenantId: string, datasetIds: readonly string[]): Promise<Dataset[]>;
  /** Those with one of the tags; of none, all. */
  list(tenantId: string, page: Page, tagIds: readonly string[]): Promise<Listed<Dataset>>;
  count(tenantId: string): Promise<number>;
  /** Gives a new index work to do when the model or the cutting has changed. */
  update(tenantId: string, dataset: Dataset, settings: DatasetSettings): Promise<void>;
  /** Whether there was one. That the store holds its points still is written down. */
  delete(tenantId: string, datasetId: string): Promise<boolean>;
}

export interface DocumentRepository {
  create(dataset: Dataset, document: NewDocument, room: LimitCheck): Promise<string>;
  find(tenantId: string, datasetId: string, documentId: string): Promise<Document | undefined>;
  list(tenantId: string, datasetId: string, page: Page, which: DocumentSelection): Promise<Listed<Document>>;
  /** A part of the text that serves, or of the newest one; undefined where it has not been read. */
  part(
    tenantId: string,
    documentId: string,
    part: number,
  ): Promise<{ readonly content: string; readonly last: boolean } | undefined>;
  update(dataset: Dataset, documentId: string, change: DocumentChange, room: LimitCheck): Promise<void>;
  /** Lets what has failed be tried again; whether there was any. */
  retry(dataset: Dataset, documentId: string): Promise<boolean>;
  /** Every index of the dataset at its revision after the deletion. */
  delete(dataset: Dataset, documentId: string): Promise<void>;
  /** Every index of the dataset, the one that serves and the one that is being built. */
  indexes(dataset: Dataset): Promise<IndexRef[]>;
  /** Ids of the documents whose metadata satisfy a filter, for stores that do not understand it. */
  matching(dataset: Dataset, filter: MetadataFilter): Promise<string[]>;
}

export interface ChunkChange {
  readonly content: string;
  readonly answer: string;
  readonly keywords: readonly string[];
  readonly enabled: boolean;
}

/** A found chunk with what its answer says of it. */
export interface ChunkInContext extends Chunk {
  readonly datasetId: string;
  readonly documentName: string;
  readonly sourceName: string;
  readonly metadata: Metadata;
}

export interface ChunkRepository {
  /** Of the index that serves by now, which may be another than the dataset was read with. */
  list(dataset: Dataset, documentId: string, page: Page, which: ChunkSelection): Promise<Listed<Chunk>>;
  find(dataset: Dataset, documentId: string, chunkId: string): Promise<Chunk | undefined>;
  /** Adds or changes a chunk of the index that serves, with its point, which has its id. One that is added may be a part of another. */
  save(
    dataset: Dataset,
    documentId: string,
    { chunkId, parentId }: { readonly chunkId: string; readonly parentId: string },
    change: ChunkChange & { readonly dense: Float32Array },
    room: LimitCheck,
  ): Promise<{ readonly point: Point; readonly position: number }>;
  /** The points that are gone: the chunk and its parts. */
  delete(dataset: Dataset, documentId: string, chunkId: string): Promise<PointSelection | undefined>;
  /** Those of the chunks that may be found: live, enabled, of the index that serves. */
  inContext(datasets: readonly Dataset[], chunkIds: readonly string[]): Promise<ChunkInContext[]>;
  /** Chunks by id, and those around others. */
  parents(dataset: Dataset, ids: readonly string[]): Promise<Chunk[]>;
  around(dataset: Dataset, chunk: Chunk, distance: number): Promise<Chunk[]>;
  /** Full text in PostgreSQL: ids with scores, best first. */
  byWords(
    datasets: readonly Dataset[],
    query: string,
    options: { readonly limit: number; readonly filter: MetadataFilter | undefined; readonly timeoutMs: number },
  ): Promise<{ readonly id: string; readonly score: number }[]>;
}
