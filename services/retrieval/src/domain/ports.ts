import type { Chunking } from './chunking.js';
import type { Chunk, Dataset, DatasetSettings, Document } from './dataset.js';
import type { Metadata, MetadataFilter } from './metadata-filter.js';
import type { IndexRef, Point, PointSelection } from './vector-store.js';

export interface Page {
  /** From the page before; empty for the first. */
  readonly cursor: string;
  readonly limit: number;
  /** Only names that hold this; empty for all. */
  readonly keyword: string;
}

export interface Listed<T> {
  readonly items: readonly T[];
  /** Empty after the last page. */
  readonly nextCursor: string;
}

export interface NewDocument {
  readonly name: string;
  readonly source: string;
  readonly sourceName: string;
  readonly metadata: Metadata;
  readonly text: string;
}

export interface DocumentChange {
  readonly name?: string;
  readonly metadata?: Metadata;
  readonly text?: string;
  readonly enabled?: boolean;
  readonly archived?: boolean;
  readonly paused?: boolean;
}

/** Datasets in PostgreSQL. Whatever belongs to another tenant does not exist. */
export interface DatasetRepository {
  /** Throws FailureError `already_exists`. */
  create(tenantId: string, settings: DatasetSettings): Promise<Dataset>;
  find(tenantId: string, datasetIds: readonly string[]): Promise<Dataset[]>;
  list(tenantId: string, page: Page): Promise<Listed<Dataset>>;
  count(tenantId: string): Promise<number>;
  /** Gives a new index work to do when the model or the cutting has changed. */
  update(tenantId: string, dataset: Dataset, settings: DatasetSettings): Promise<void>;
  /** The indexes that went with it; undefined when there is no such dataset. */
  delete(tenantId: string, datasetId: string): Promise<IndexRef[] | undefined>;
}

export interface DocumentRepository {
  create(dataset: Dataset, document: NewDocument): Promise<string>;
  find(tenantId: string, datasetId: string, documentId: string): Promise<Document | undefined>;
  list(tenantId: string, datasetId: string, page: Page): Promise<Listed<Document>>;
  update(dataset: Dataset, documentId: string, change: DocumentChange): Promise<void>;
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
  list(dataset: Dataset, documentId: string, page: Page): Promise<Listed<Chunk>>;
  find(dataset: Dataset, documentId: string, chunkId: string): Promise<Chunk | undefined>;
  /** Adds or changes a chunk of the index that serves, with its point; gives its id and the point. */
  save(dataset: Dataset, documentId: string, chunkId: string, change: ChunkChange, dense: Float32Array): Promise<Point>;
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

/** The work on one document for one index, held under a fence. */
export interface HeldWork {
  readonly tenantId: string;
  readonly datasetId: string;
  readonly indexId: string;
  readonly documentId: string;
  readonly documentVersion: number;
  readonly fence: number;
  readonly attempts: number;
  readonly nextPart: number;
  readonly status: 'splitting' | 'indexing';
  readonly chunking: Chunking;
  readonly embeddingProvider: string;
  readonly embeddingModel: string;
}

export interface WorkName {
  readonly indexId: string;
  readonly documentId: string;
}

export interface RowToCut {
  readonly content: string;
  readonly answer: string;
  readonly isParent: boolean;
  /** Place of the parent in the same list; absent where it has none. */
  readonly parent?: number;
}

/**
 * What is still to be indexed. Every method that takes held work returns false, or nothing, when somebody else holds it now: then the
 * caller stops, and nothing was written.
 */
export interface IndexWork {
  /** Work that nobody holds, longest waiting first. */
  due(limit: number): Promise<WorkName[]>;
  take(name: WorkName, leaseMs: number): Promise<HeldWork | undefined>;
  /** The next part of the document's text; undefined after the last. */
  part(work: HeldWork, part: number): Promise<string | undefined>;
  /** Copies the chunks of the index that serves, where they can be kept; whether it did. */
  copyChunks(work: HeldWork): Promise<boolean>;
  saveCut(work: HeldWork, part: number, rows: readonly RowToCut[], leaseMs: number): Promise<boolean>;
  /** All parts are cut; gives how many chunks they made. */
  finishCutting(work: HeldWork): Promise<number | undefined>;
  /** Chunks without a point. */
  unindexed(
    work: HeldWork,
    limit: number,
  ): Promise<{ readonly id: string; readonly content: string; readonly words: string }[]>;
  savePoints(
    work: HeldWork,
    points: readonly { readonly id: string; readonly dense: Float32Array; readonly words: string }[],
    leaseMs: number,
  ): Promise<boolean>;
  /** Makes the new chunks live and the old ones go, in one transaction; gives the ids of the old points. */
  finish(work: HeldWork): Promise<{ readonly index: IndexRef; readonly gone: readonly string[] } | undefined>;
  fail(work: HeldWork, error: string): Promise<void>;
  /** Lets somebody else take it, after a while. */
  handBack(work: HeldWork, delayMs: number): Promise<void>;
  /** Lets a new index take over once it has all its documents; gives the index that is gone. */
  switchOver(datasetId: string): Promise<IndexRef | undefined>;
  index(work: HeldWork): Promise<IndexRef | undefined>;
}
