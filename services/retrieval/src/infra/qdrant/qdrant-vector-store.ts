import { FailureError } from '@treadle/failure';
import type { MetadataFilter } from '../../domain/metadata-filter.js';
import {
  type DocumentPayload,
  type Generations,
  type Hit,
  type IndexName,
  type IndexRef,
  type Point,
  type PointSelection,
  type StoredPoint,
  VanishedSpace,
  type VectorQuery,
  type VectorSpace,
  type VectorStore,
} from '../../domain/vector-store.js';
import { type QdrantAccess, type QdrantApi, QdrantCalls } from './qdrant-calls.js';
import { type CollectionSettings, QdrantCollections } from './qdrant-collections.js';
import { toQdrantFilter } from './qdrant-filter.js';
import { documentPayload, ofDocument, ofTenant, selected, toQdrantPoint, toQuery, within } from './qdrant-points.js';
import { defaultAccuracy, type SearchAccuracy, toSearchParams } from './search-accuracy.js';

export type QdrantVectorStoreOptions = QdrantAccess & Partial<CollectionSettings & SearchAccuracy>;

/** Points in one request. */
const batch = 256;
/** Hits asked for beyond the limit, so that those with equal scores around it come in the order of their ids. */
const spareHits = 16;
/** Tenants, and indexes of a tenant, that are told apart at a time. */
const mostValues = 10_000;

/**
 * Points in Qdrant: one collection for each model and length, shared by tenants and told apart by the payload. Writes are done when a call
 * ends. Inverse document frequencies are those of the collection, so of every dataset with the same model. Where a collection has vanished, its
 * indexes hold nothing, and searches and writes fail as VanishedSpace.
 */
export class QdrantVectorStore implements VectorStore {
  readonly name = 'qdrant';
  readonly isTold = true;
  private readonly calls: QdrantCalls;
  private readonly collections: QdrantCollections;
  private readonly searchParams: ReturnType<typeof toSearchParams>;

  constructor({ prefix = 'treadle', quantization = 'none', onDisk = false, ...access }: QdrantVectorStoreOptions) {
    const { hnswEf, rescore, oversampling } = { ...defaultAccuracy, ...access };
    this.searchParams = toSearchParams({ hnswEf, rescore, oversampling }, quantization === 'int8');
    this.calls = new QdrantCalls(access);
    this.collections = new QdrantCollections(this.calls, { prefix, quantization, onDisk });
  }

  prepare({ space }: IndexRef): Promise<void> {
    return this.collections.prepare(space);
  }

  async upsert(index: IndexRef, points: readonly Point[], documents: readonly DocumentPayload[]): Promise<void> {
    const described = new Map(documents.map((document) => [document.documentId, document]));
    for (let from = 0; from < points.length; from += batch) {
      const some = points.slice(from, from + batch).map((point) => {
        const document = described.get(point.documentId);
        if (!document)
          throw FailureError.of('internal', `The document ${point.documentId} of a point is not described.`);
        return toQdrantPoint(index, point, document);
      });
      await this.put(index, (api, init, collection_name) =>
        api.upsertPoints({ collection_name, wait: true, points: some }, init),
      );
    }
  }

  async remove(index: IndexRef, selection: PointSelection): Promise<void> {
    await this.ask(index, (api, init, collection_name) =>
      api.deletePoints({ collection_name, wait: true, filter: selected(index, selection) }, init),
    );
  }

  async describe(index: IndexRef, document: DocumentPayload): Promise<void> {
    const filter = ofDocument(index, document.documentId);
    const payload = documentPayload(document);
    await this.ask(index, (api, init, collection_name) =>
      api.setPayload({ collection_name, wait: true, payload, filter }, init),
    );
  }

  understands(filter: MetadataFilter): boolean {
    return toQdrantFilter(filter) !== undefined;
  }

  async search(index: IndexRef, query: VectorQuery): Promise<Hit[]> {
    const { probe, limit, documentIds, filter, signal } = query;
    if (filter && !this.understands(filter))
      throw FailureError.of('internal', 'Qdrant was given a filter that it does not understand.');
    if (limit < 1 || documentIds?.length === 0 || isEmpty(probe, index)) return [];
    const body = {
      ...toQuery(index, query),
      limit: limit + spareHits,
      with_payload: ['document'],
      ...('dense' in probe && { params: this.searchParams }),
    };
    const found = await this.ask(
      index,
      (api, init, collection_name) => api.queryPoints({ collection_name, ...body }, init),
      signal,
    );
    if (!found) throw new VanishedSpace(this.name, index.space);
    const hits = found.points.map(({ id, score, payload }) => ({
      id: String(id),
      score,
      documentId: text(payload, 'document'),
    }));
    return hits.sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1)).slice(0, limit);
  }

  async count(index: IndexRef): Promise<number> {
    const counted = await this.ask(index, (api, init, collection_name) =>
      api.countPoints({ collection_name, filter: within(index), exact: true }, init),
    );
    return counted?.count ?? 0;
  }

  async scroll(index: IndexRef, after: string, limit: number, documentId?: string): Promise<StoredPoint[]> {
    // The offset is the first id that may come, so the one before is asked for as well and left out.
    const body = {
      filter: documentId === undefined ? within(index) : ofDocument(index, documentId),
      limit: limit + 1,
      with_payload: ['document', 'version', 'changedAt'],
      with_vector: false,
      ...(after && { offset: after }),
    };
    const page = await this.ask(index, (api, init, collection_name) =>
      api.scrollPoints({ collection_name, ...body }, init),
    );
    const points = (page?.points ?? []).map(({ id, payload }) => ({
      id: String(id),
      documentId: text(payload, 'document'),
      version: Number(payload?.['version']),
      changedAt: Number(payload?.['changedAt'] ?? 0),
    }));
    return points.filter(({ id }) => id !== after).slice(0, limit);
  }

  async indexes(space: VectorSpace, generation = this.collections.aliasOf(space)): Promise<IndexName[]> {
    const names: IndexName[] = [];
    for (const tenantId of await this.values(generation, 'tenant'))
      for (const indexId of await this.values(generation, 'index', tenantId)) names.push({ tenantId, indexId });
    return names;
  }

  generations(space: VectorSpace): Promise<Generations> {
    return this.collections.generations(space);
  }

  begin(space: VectorSpace): Promise<string> {
    return this.collections.begin(space);
  }

  serve(space: VectorSpace, generation: string): Promise<void> {
    return this.collections.serve(space, generation);
  }

  discard(space: VectorSpace, generation: string): Promise<void> {
    return this.collections.discard(space, generation);
  }

  isReady(): Promise<boolean> {
    return this.calls.isReady();
  }

  /** Nothing to do: idle connections end by themselves. */
  async close(): Promise<void> {}

  /** What a field of the payload says, in all points or in those of a tenant. */
  private async values(collection_name: string, key: 'tenant' | 'index', tenantId?: string): Promise<string[]> {
    const body = { key, limit: mostValues, exact: true, ...(tenantId !== undefined && { filter: ofTenant(tenantId) }) };
    const counted = await this.calls.ask((api, init) => api.facet({ collection_name, ...body }, init));
    return (counted?.hits ?? []).filter(({ count }) => count > 0).map(({ value }) => String(value));
  }

  private ask<T>({ space, generation }: IndexRef, call: Call<T>, signal?: AbortSignal): Promise<T | undefined> {
    const name = generation ?? this.collections.aliasOf(space);
    return this.calls.ask((api, init) => call(api, init, name), signal);
  }

  private async put<T>(index: IndexRef, call: Call<T>): Promise<void> {
    if (await this.ask(index, call)) return;
    this.collections.forget(index.space);
    throw new VanishedSpace(this.name, index.space);
  }
}

type Call<T> = (
  api: QdrantApi,
  init: RequestInit,
  collectionName: string,
) => Promise<{ readonly data: { readonly result?: T } }>;

/** Nothing can be near to no vector, and no point shares a term with no terms. */
function isEmpty(probe: VectorQuery['probe'], { space }: IndexRef): boolean {
  return 'dense' in probe ? space.dimensions < 1 : probe.sparse.indices.length === 0;
}

function text(payload: Readonly<Record<string, unknown>> | null | undefined, key: string): string {
  const value = payload?.[key];
  return typeof value === 'string' ? value : '';
}
