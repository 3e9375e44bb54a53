import { type Chunk, type Dataset, invalid, isId, notFound } from './dataset.js';
import type { Datasets } from './datasets.js';
import type { Documents } from './documents.js';
import { embedChunks, type RetrievalModels } from './embeddings.js';
import { keywordsOf, textOf } from './given.js';
import type { ChunkChange, ChunkRepository, ChunkSelection, Listed, Page } from './ports.js';
import type { TellStore } from './tell-store.js';
import { roomFor, type TenantLimits } from './tenant-limits.js';
import type { DocumentPayload, VectorStore } from './vector-store.js';

export interface ChunksParts {
  readonly datasets: Datasets;
  readonly documents: Documents;
  readonly chunks: ChunkRepository;
  readonly store: VectorStore;
  readonly telling: TellStore;
  readonly models: RetrievalModels;
  readonly limits: TenantLimits & { readonly chunkCharacters: number };
  /** Tells the indexers that there is work: a new index that is being built takes over what is changed. */
  readonly nudge: () => void;
  readonly payload: (indexId: string, documentId: string) => Promise<DocumentPayload | undefined>;
}

export interface GivenChunk {
  readonly content?: string | undefined;
  readonly answer?: string | undefined;
  readonly enabled?: boolean | undefined;
  readonly keywordsJson?: string | undefined;
  /** Of one that is added: what it becomes a part of; empty for nothing. */
  readonly parentId?: string | undefined;
}

const anyChunk: ChunkSelection = { parentIds: [], wholesOnly: false };

/** What tenants do with the chunks of their documents. */
export class Chunks {
  constructor(private readonly parts: ChunksParts) {}

  async list(
    tenantId: string,
    datasetId: string,
    documentId: string,
    page: Page,
    which: ChunkSelection = anyChunk,
  ): Promise<Listed<Chunk>> {
    const dataset = await this.datasetOf(tenantId, datasetId, documentId);
    return this.parts.chunks.list(dataset, documentId, page, { ...which, parentIds: which.parentIds.filter(isId) });
  }

  async get(tenantId: string, datasetId: string, documentId: string, chunkId: string): Promise<Chunk> {
    return this.chunk(await this.datasetOf(tenantId, datasetId, documentId), documentId, chunkId);
  }

  /** Adds a chunk where no id is given, changes one otherwise. */
  async save(
    tenantId: string,
    datasetId: string,
    documentId: string,
    chunkId: string,
    given: GivenChunk,
  ): Promise<Chunk> {
    const { chunks, models, store, payload, limits, telling } = this.parts;
    const dataset = await this.datasetOf(tenantId, datasetId, documentId);
    const old = chunkId === '' ? undefined : await this.chunk(dataset, documentId, chunkId);
    const change = this.changeOf(given, old);
    const parent = given.parentId && !old ? await this.chunk(dataset, documentId, given.parentId) : undefined;
    if (parent?.parentId) throw invalid('parent_id', 'A part has no parts of its own. Name the whole.');
    const [dense = new Float32Array(0)] = await embedChunks(models, tenantId, dataset.index.space, [change.content]);
    const room = roomFor(limits, { chunks: old ? 0 : 1 });
    const place = { chunkId: old?.id ?? '', parentId: parent?.id ?? '' };
    const { point, position } = await telling.afterwards(
      [dataset.index],
      documentId,
      () => chunks.save(dataset, documentId, place, { ...change, dense }, room),
      async (saved) => {
        const described = await payload(dataset.index.indexId, documentId);
        if (described) await store.upsert(dataset.index, [saved.point], [described]);
        if (parent) await store.remove(dataset.index, { ids: [parent.id] });
      },
    );
    this.parts.nudge();
    // Not read again: an index that takes over meanwhile gives it another id.
    return { ...change, id: point.id, documentId, position, parentId: old?.parentId ?? place.parentId };
  }

  async delete(tenantId: string, datasetId: string, documentId: string, chunkId: string): Promise<void> {
    const { chunks, store, telling } = this.parts;
    const dataset = await this.datasetOf(tenantId, datasetId, documentId);
    if (!isId(chunkId)) throw notFound('chunk', chunkId);
    const gone = await telling.afterwards(
      [dataset.index],
      documentId,
      () => chunks.delete(dataset, documentId, chunkId),
      async (selection) => selection && store.remove(dataset.index, selection),
    );
    if (!gone) throw notFound('chunk', chunkId);
    this.parts.nudge();
  }

  private async datasetOf(tenantId: string, datasetId: string, documentId: string): Promise<Dataset> {
    const dataset = await this.parts.datasets.get(tenantId, datasetId);
    await this.parts.documents.get(tenantId, datasetId, documentId);
    return dataset;
  }

  private async chunk(dataset: Dataset, documentId: string, chunkId: string): Promise<Chunk> {
    const chunk = isId(chunkId) ? await this.parts.chunks.find(dataset, documentId, chunkId) : undefined;
    if (!chunk) throw notFound('chunk', chunkId);
    return chunk;
  }

  private changeOf({ content, answer, enabled, keywordsJson }: GivenChunk, old: Chunk | undefined): ChunkChange {
    const { chunkCharacters } = this.parts.limits;
    const change = {
      content: textOf('content', content ?? old?.content ?? '', chunkCharacters),
      answer: textOf('answer', answer ?? old?.answer ?? '', chunkCharacters),
      enabled: enabled ?? old?.enabled ?? true,
      keywords: keywordsJson === undefined ? (old?.keywords ?? []) : keywordsOf(keywordsJson),
    };
    if (change.content.trim() === '') throw invalid('content', 'The chunk is empty. Give it a text.');
    return change;
  }
}
