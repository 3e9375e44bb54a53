import { FailureError } from '@treadle/failure';
import type { Metadata, MetadataFilter } from './metadata-filter.js';
import type { SparseVector } from './sparse-vector.js';

/** Vectors that can be compared with each other: those of one model at one length. */
export interface VectorSpace {
  /** Empty where any provider of the model serves. */
  readonly provider: string;
  readonly model: string;
  readonly dimensions: number;
}

/** One index: the points of a dataset, made with one model and one way of splitting. */
export interface IndexRef {
  readonly tenantId: string;
  readonly datasetId: string;
  readonly indexId: string;
  readonly space: VectorSpace;
  /** Counts the commits that changed the index. A store that reads from PostgreSQL is at least this new when it answers. */
  readonly revision: number;
  /** Which generation of the space is meant; absent for the one that serves. */
  readonly generation?: string;
}

/** An index as far as a store knows it. */
export type IndexName = Pick<IndexRef, 'tenantId' | 'indexId'>;

/** The copies of a space that a store holds. */
export interface Generations {
  /** Absent where the space has none, for example after it was lost. */
  readonly serving: string | undefined;
  readonly others: readonly string[];
}

/** What a store knows of a chunk. PostgreSQL has committed it before a store is told. */
export interface Point {
  /** The chunk's id, a UUID. */
  readonly id: string;
  readonly documentId: string;
  /** As long as the space's `dimensions`; of any length above zero, since stores compare by cosine. */
  readonly dense: Float32Array;
  /** What words say: term ids with weights; without its terms a point is found by its meaning only. */
  readonly sparse: SparseVector;
  readonly enabled: boolean;
  /** Counts the changes of the chunk: tells a stale point from a current one. */
  readonly version: number;
}

/** What all points of a document share. */
export interface DocumentPayload {
  readonly documentId: string;
  /** False also for an archived document. A point is found when its document and it itself are enabled. */
  readonly enabled: boolean;
  readonly metadata: Metadata;
  /** When the document was changed, in milliseconds since the epoch: tells a stale description from a current one. */
  readonly changedAt: number;
}

/** What to look for: nearness in meaning (cosine), or words (BM25, with the store's own inverse document frequencies). */
export type VectorProbe = { readonly dense: Float32Array } | { readonly sparse: SparseVector };

export interface VectorQuery {
  readonly probe: VectorProbe;
  /** Hits at most. */
  readonly limit: number;
  /** Only points of documents whose metadata satisfy it; all when absent. See `VectorStore.understands`. */
  readonly filter?: MetadataFilter;
  /** Only points of these documents; all when absent, none when empty. */
  readonly documentIds?: readonly string[];
  /** Only these points; all when absent. */
  readonly ids?: readonly string[];
  readonly signal?: AbortSignal;
}

export interface Hit {
  readonly id: string;
  readonly documentId: string;
  /** Cosine from -1 to 1, or the sum of BM25; higher is nearer. */
  readonly score: number;
}

/** Which points to forget: whole documents, single points, or every point of the index. */
export type PointSelection =
  | { readonly documentIds: readonly string[] }
  | { readonly ids: readonly string[] }
  | { readonly all: true };

export interface StoredPoint {
  readonly id: string;
  readonly documentId: string;
  readonly version: number;
  /** Of the document as the store knows it. */
  readonly changedAt: number;
}

/**
 * The store answers, but the copy of this space is gone and has to be built again. A failure of its own, since leaving the store alone for
 * a while helps nobody: other spaces are well.
 */
export class VanishedSpace extends FailureError {
  constructor(store: string, { model }: VectorSpace) {
    const what = model === '' ? 'of datasets without a model' : `of the model ${model}`;
    const message = `The vector store (${store}) has lost its copy of the points ${what}. Build it again with \`treadle retrieval rebuild\`.`;
    super({ code: 'unavailable', message, retryable: true });
  }
}

/**
 * Where points are searched. PostgreSQL is the truth: a store may lose everything and is filled again, may hold points that are gone
 * (whoever searches checks each hit against the truth), and every write may be repeated. No call reaches beyond the index it names.
 * Adapters throw FailureError `unavailable` (away, or VanishedSpace) or `deadline_exceeded` (slow). One contract suite runs on each.
 */
export interface VectorStore {
  readonly name: string;
  /** Whether it has to be told what is written; false where it reads PostgreSQL itself. */
  readonly isTold: boolean;
  /** Makes room for the points of an index, if there is none yet. Nothing else makes a space: one that is lost stays away until it is rebuilt. */
  prepare(index: IndexRef): Promise<void>;
  /** Adds points, or replaces those with the same ids. `documents` describes every document the points belong to. */
  upsert(index: IndexRef, points: readonly Point[], documents: readonly DocumentPayload[]): Promise<void>;
  remove(index: IndexRef, selection: PointSelection): Promise<void>;
  /** Says anew what all points of a document share. */
  describe(index: IndexRef, document: DocumentPayload): Promise<void>;
  /** Whether `search` takes this filter; where not, the searcher asks PostgreSQL for the documents and gives their ids. */
  understands(filter: MetadataFilter): boolean;
  /** The nearest enabled points, best first; points with equal scores in the order of their ids. A sparse hit shares a term at least. */
  search(index: IndexRef, query: VectorQuery): Promise<Hit[]>;
  /** Points of the index, disabled ones included. */
  count(index: IndexRef): Promise<number>;
  /** Points in the order of their ids, those after `after` (all from the start when it is empty); only of one document if one is named. */
  scroll(index: IndexRef, after: string, limit: number, documentId?: string): Promise<StoredPoint[]>;
  /** The indexes that points of a generation belong to, also those that nobody else knows any more. None where it is not told. */
  indexes(space: VectorSpace, generation?: string): Promise<IndexName[]>;
  generations(space: VectorSpace): Promise<Generations>;
  /** Makes an empty generation beside the one that serves, to be filled and searched under its name (`IndexRef.generation`). */
  begin(space: VectorSpace): Promise<string>;
  /** Lets a generation serve instead of the one that does, in one step. */
  serve(space: VectorSpace, generation: string): Promise<void>;
  /** Removes a generation that does not serve. */
  discard(space: VectorSpace, generation: string): Promise<void>;
  /** Whether it answers now; never throws. */
  isReady(): Promise<boolean>;
  close(): Promise<void>;
}
