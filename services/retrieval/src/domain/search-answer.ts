import type { Dataset } from './dataset.js';
import type { ModelCall, NamedModel, RetrievalModels } from './embeddings.js';
import type { GuardedStore } from './guarded-store.js';
import type { MetadataFilter } from './metadata-filter.js';
import type { ChunkInContext, ChunkRepository, DatasetRepository, DocumentRepository } from './ports.js';
import type { SearchSettings } from './search-settings.js';
import type { Stages } from './stages.js';
import type { VectorStore } from './vector-store.js';

export interface SearchQuestion {
  readonly call: ModelCall;
  readonly datasetIds: readonly string[];
  readonly query: string;
  /** Absent for those of the first dataset. */
  readonly settings?: SearchSettings;
  readonly filter: MetadataFilter | undefined;
  /** Makes the filter where none is given; absent for the one of the settings, if they name one. */
  readonly filterModel?: NamedModel;
  readonly neighbours: number;
}

export interface FoundChunk extends ChunkInContext {
  readonly datasetName: string;
  readonly score: number;
  readonly scores: Readonly<Record<string, number>>;
  readonly parent?: NearbyChunk;
  readonly neighbours: readonly NearbyChunk[];
}

export interface NearbyChunk {
  readonly id: string;
  readonly position: number;
  readonly content: string;
}

export interface SearchAnswer {
  readonly chunks: readonly FoundChunk[];
  /** Empty for a whole answer. */
  readonly degraded: string;
  /** What a model made of the query; absent where none was asked, or nothing came of it. */
  readonly filter?: MetadataFilter;
  /** What was left out of it, and why. */
  readonly notes: readonly string[];
  readonly timings: Stages['timings'];
}

export interface SearchParts {
  readonly datasets: DatasetRepository;
  readonly documents: DocumentRepository;
  readonly chunks: ChunkRepository;
  readonly models: RetrievalModels;
  readonly store: VectorStore;
  readonly guarded: GuardedStore;
  readonly now: () => number;
  readonly limits: {
    readonly queryCharacters: number;
    readonly searchesPerTenant: number;
    /** For the whole search, where its caller gives no less. */
    readonly timeoutMs: number;
    /** How long a model may take to make a filter. */
    readonly filterTimeoutMs: number;
  };
}

/** One search under way: what was asked, where, and how it goes so far. */
export interface SearchWork {
  readonly question: SearchQuestion;
  readonly datasets: readonly Dataset[];
  readonly settings: SearchSettings;
  readonly stages: Stages;
  readonly trouble: Trouble;
}

/** What made an answer less than it could be. */
export interface Trouble {
  readonly sentences: readonly string[];
  /** Does work whose failure makes the answer less, where the world is at fault; every other failure is thrown. */
  attempt(work: () => Promise<void>): Promise<void>;
}
