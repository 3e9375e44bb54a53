import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { noTerms } from '../../domain/sparse-vector.js';
import type { DocumentPayload, Hit, IndexRef, Point, VectorStore } from '../../domain/vector-store.js';
import { EmbeddedVectorStore } from '../embedded/embedded-vector-store.js';
import { MemoryPointSource } from '../embedded/memory-point-source.js';
import { type QdrantAccess, QdrantCalls } from './qdrant-calls.js';
import { QdrantVectorStore } from './qdrant-vector-store.js';
import type { SearchAccuracy } from './search-accuracy.js';

export interface ComparedSetting extends SearchAccuracy {
  readonly quantization: 'none' | 'int8';
}

/** What the adapter can be set to, as far as it changes what is found. */
export const comparedSettings: readonly ComparedSetting[] = [
  ...[16, 64, 128, 256].map((hnswEf) => ({ quantization: 'none', hnswEf, rescore: true, oversampling: 1 }) as const),
  { quantization: 'int8', hnswEf: 128, rescore: false, oversampling: 1 },
  ...[1, 2, 4].map((oversampling) => ({ quantization: 'int8', hnswEf: 128, rescore: true, oversampling }) as const),
];

export interface ComparedRow {
  readonly setting: ComparedSetting;
  /** How many of the truly nearest are found, from 0 to 1: on average, and where it is least. */
  readonly overlap: number;
  readonly worstOverlap: number;
  /** Of single searches, in the order of the queries. */
  readonly milliseconds: readonly number[];
}

export interface Comparison {
  readonly access: QdrantAccess;
  /** All of one length. */
  readonly vectors: readonly Float32Array[];
  readonly queries: readonly Float32Array[];
  readonly settings?: readonly ComparedSetting[];
  /** How many of the nearest count. */
  readonly limit?: number;
}

const pointsOfDocument = 1000;
const pollMs = 250;

/** Searches a Qdrant in every setting beside the exact search. Makes collections of its own and removes them at the end. */
export async function compareSettings(comparison: Comparison): Promise<ComparedRow[]> {
  const { access, queries, settings = comparedSettings, limit = 10 } = comparison;
  const prefix = `compare-${randomUUID()}`;
  const { index, points, documents } = pointsOf(comparison.vectors);
  const truth = await exactly(index, points, documents, queries, limit);
  const rows: ComparedRow[] = [];
  try {
    for (const quantization of new Set(settings.map((setting) => setting.quantization))) {
      const own = { ...access, prefix: `${prefix}-${quantization}`, quantization };
      await write(new QdrantVectorStore(own), index, points, documents);
      await untilIndexed(access, prefix);
      for (const setting of settings.filter((one) => one.quantization === quantization)) {
        const found = await asked(new QdrantVectorStore({ ...own, ...setting }), index, queries, limit);
        rows.push({ setting, ...overlapOf(found.hits, truth), milliseconds: found.milliseconds });
      }
    }
  } finally {
    await removed(access, prefix);
  }
  return rows;
}

function pointsOf(vectors: readonly Float32Array[]) {
  const [tenantId, datasetId, indexId] = [randomUUID(), randomUUID(), randomUUID()];
  const space = { provider: '', model: 'compare', dimensions: vectors[0]?.length ?? 0 };
  const documents = Array.from(
    { length: Math.ceil(vectors.length / pointsOfDocument) },
    (): DocumentPayload => ({ documentId: randomUUID(), enabled: true, metadata: {}, changedAt: 0 }),
  );
  const points = vectors.map(
    (dense, place): Point => ({
      id: randomUUID(),
      documentId: documents[Math.floor(place / pointsOfDocument)]?.documentId ?? '',
      dense,
      sparse: noTerms,
      enabled: true,
      version: 1,
    }),
  );
  const index: IndexRef = { tenantId, datasetId, indexId, space, revision: 0 };
  return { index, points, documents };
}

async function exactly(
  index: IndexRef,
  points: readonly Point[],
  documents: readonly DocumentPayload[],
  queries: readonly Float32Array[],
  limit: number,
): Promise<readonly (readonly Hit[])[]> {
  const source = new MemoryPointSource();
  const store = new EmbeddedVectorStore({ source, maxBytes: Number.MAX_SAFE_INTEGER });
  try {
    return (await asked(store, source.commit(index, { points, documents }), queries, limit)).hits;
  } finally {
    await store.close();
  }
}

async function write(
  store: VectorStore,
  index: IndexRef,
  points: readonly Point[],
  documents: readonly DocumentPayload[],
): Promise<void> {
  await store.prepare(index);
  await store.upsert(index, points, documents);
}

async function asked(store: VectorStore, index: IndexRef, queries: readonly Float32Array[], limit: number) {
  const hits: Hit[][] = [];
  const milliseconds: number[] = [];
  for (const dense of queries) {
    const startedAt = performance.now();
    hits.push(await store.search(index, { probe: { dense }, limit }));
    milliseconds.push(performance.now() - startedAt);
  }
  return { hits, milliseconds };
}

function overlapOf(found: readonly (readonly Hit[])[], truth: readonly (readonly Hit[])[]) {
  const shares = truth.map((nearest, place) => {
    const ids = new Set(found[place]?.map(({ id }) => id));
    return nearest.length === 0 ? 1 : nearest.filter(({ id }) => ids.has(id)).length / nearest.length;
  });
  const overlap = shares.reduce((sum, share) => sum + share, 0) / Math.max(1, shares.length);
  return { overlap, worstOverlap: Math.min(1, ...shares) };
}

/** Qdrant makes its graphs after it has taken the points, and scans meanwhile, which would look better than it is. */
async function untilIndexed(access: QdrantAccess, prefix: string): Promise<void> {
  const calls = new QdrantCalls(access);
  for (const collection_name of await collectionsOf(calls, prefix))
    for (;;) {
      const collection = await calls.ask((api, init) => api.getCollection({ collection_name }, init));
      if (!collection || collection.status === 'green') break;
      await sleep(pollMs);
    }
}

async function removed(access: QdrantAccess, prefix: string): Promise<void> {
  const calls = new QdrantCalls(access);
  for (const collection_name of await collectionsOf(calls, prefix))
    await calls.ask((api, init) => api.deleteCollection({ collection_name }, init));
}

async function collectionsOf(calls: QdrantCalls, prefix: string): Promise<string[]> {
  const listed = await calls.ask((api, init) => api.getCollections({}, init));
  return (listed?.collections ?? []).map(({ name }) => name).filter((name) => name.startsWith(prefix));
}
