import { randomUUID } from 'node:crypto';
import { type QdrantServer, startQdrantServer, type TestDatabase, testDatabase } from '@treadle/testing';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { noTerms } from '../src/domain/sparse-vector.js';
import type { IndexRef, VectorStore } from '../src/domain/vector-store.js';
import { QdrantVectorStore } from '../src/infra/qdrant/qdrant-vector-store.js';
import { Rig, settings } from './rig.js';

const tenant = 'tenant-a';
let database: TestDatabase;
let qdrant: QdrantServer;
let store: QdrantVectorStore;
let rigs: Rig[];

/** A retrieval service of its own on the same database and the same Qdrant. */
async function started(over: Partial<VectorStore> = {}, environment: Record<string, string> = {}): Promise<Rig> {
  const wrapped = new Proxy<VectorStore>(store, {
    get: (target, name: keyof VectorStore) => {
      if (name in over) return Reflect.get(over, name);
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
  const quick = { TREADLE_VECTOR_STORE_PROBE_MS: '100', TREADLE_INDEX_LEASE_MS: '1000' };
  const rig = new Rig(database.connectionString, { store: wrapped, environment: { ...quick, ...environment } });
  rigs.push(rig);
  await rig.retrieval.start();
  return rig;
}

async function filled(rig: Rig, name: string, documents = 6, paragraphs = 1) {
  const dataset = await rig.dataset(tenant, name, { chunkingJson: '{"max_length":100}' });
  const texts = Array.from({ length: documents }, (_, number) => {
    const letters = 'abcdefghijklmnopqrstuvwxyz'.slice(number % 20, (number % 20) + 5);
    return `word${number} ${letters.repeat(8)}\n\n${`other${number} `.repeat(9 * paragraphs)}`;
  });
  const made = [];
  for (const [number, text] of texts.entries()) made.push(await rig.document(tenant, dataset.id, `d${number}`, text));
  for (const document of made) await rig.indexed(tenant, document);
  return { dataset, documents: made };
}

let asked = 0;
/** Another query each time: nothing comes from the cache. */
const search = (rig: Rig, datasetId: string, words: string) => {
  asked += 1;
  return rig.search(tenant, [datasetId], `${words} ${asked}`, settings({ top_k: 1 }));
};

/** The index of the dataset as the store's port wants it. */
async function indexOf(rig: Rig, datasetId: string): Promise<IndexRef> {
  const { rows } = await rig.pool.query<{ id: string; dimensions: number; provider: string }>(
    'select id, dimensions, embedding_provider provider from dataset_index where dataset_id = $1',
    [datasetId],
  );
  const [{ id, dimensions, provider } = { id: '', dimensions: 0, provider: '' }] = rows;
  return {
    tenantId: tenant,
    datasetId,
    indexId: id,
    space: { provider, model: 'letters', dimensions },
    revision: 0,
  };
}

beforeEach(async () => {
  [database, qdrant] = await Promise.all([testDatabase(), startQdrantServer()]);
  store = new QdrantVectorStore({ url: qdrant.url, timeoutMs: 10_000 });
  rigs = [];
});
afterEach(async () => {
  for (const rig of rigs) await rig.stop();
  await qdrant.close();
  await database.drop();
  expect(qdrant.violations).toEqual([]);
});

it('builds a copy anew after its collection has vanished, and answers from PostgreSQL meanwhile', async () => {
  const rig = await started();
  const { dataset } = await filled(rig, 'vanished');
  expect((await search(rig, dataset.id, 'word3')).degraded).toBe('');
  for (const name of qdrant.collections.byName.keys()) qdrant.collections.delete(name);
  const away = await search(rig, dataset.id, 'word3');
  expect([away.chunks[0]?.documentName, away.degraded]).toEqual(['d3', expect.stringMatching(/retrieval rebuild/)]);
  // A write meanwhile does not make an empty copy that would seem whole.
  const late = await rig.document(tenant, dataset.id, 'late', 'word77 came late');
  await vi.waitFor(async () => {
    const { document } = await rig.datasets.getDocument({
      tenantId: tenant,
      datasetId: dataset.id,
      documentId: late.id,
    });
    expect(document?.status).toBe('indexing');
  });
  expect((await search(rig, dataset.id, 'word3')).degraded).not.toBe('');
  expect(await rig.rebuilt()).toMatchObject({
    status: 'done',
    report: expect.stringMatching(/100.0 % .*meaning.*words/),
  });
  expect((await search(rig, dataset.id, 'word3')).degraded).toBe('');
  await rig.indexed(tenant, late);
  expect((await search(rig, dataset.id, 'word77')).chunks[0]?.documentName).toBe('late');
  await rig.settled();
  expect(await rig.verified(true)).toMatchObject({ missing: 0, extra: 0, stale: 0 });
  expect([qdrant.collections.byName.size, qdrant.collections.aliases.size]).toEqual([1, 1]);
  expect(rig.errors).toEqual([]);
});

it('finds planted missing, extra and stale points, also of indexes that are gone, and mends them', async () => {
  const rig = await started();
  const { dataset } = await filled(rig, 'planted');
  const index = await indexOf(rig, dataset.id);
  const before = await rig.verified(true);
  expect(before).toMatchObject({ missing: 0, extra: 0, stale: 0 });
  const [first, second, third] = await store.scroll(index, '', 3);
  const dense = new Float32Array(26).fill(1);
  const planted = { dense, sparse: noTerms, enabled: true, version: 1 };
  const payload = { documentId: second!.documentId, enabled: true, metadata: {}, changedAt: second!.changedAt };
  await store.remove(index, { ids: [first!.id] });
  await store.upsert(index, [{ ...planted, id: second!.id, documentId: second!.documentId, version: 0 }], [payload]);
  const extra = randomUUID();
  await store.upsert(index, [{ ...planted, id: extra, documentId: payload.documentId }], [payload]);
  await store.describe(index, { ...payload, documentId: third!.documentId, changedAt: 1 });
  // Where the second and the third are of one document, the extra point says what is stale too, and is still extra.
  const stale = (await store.scroll(index, '', 100)).filter(
    ({ id, changedAt, version }) => id !== extra && (changedAt === 1 || version === 0),
  );
  const gone = { ...index, indexId: randomUUID(), tenantId: 'tenant-gone' };
  await store.upsert(gone, [{ ...planted, id: randomUUID(), documentId: payload.documentId }], [payload]);
  const wrong = { missing: 1, extra: 2, stale: stale.length };
  expect(await rig.verified(true)).toMatchObject(wrong);
  expect(await rig.verified(true, 'tenant-other')).toMatchObject({ points: 0, missing: 0, extra: 0, stale: 0 });
  expect(await rig.verified(false)).toMatchObject(wrong);
  expect(await rig.verified(true)).toEqual(before);
  expect(await store.count(gone)).toBe(0);
  await expect(
    rig.upkeep.verifyStore({ tenantId: tenant, datasetIds: [], dryRun: true, cursor: 'made up' }),
  ).rejects.toThrow(/cursor/);
});

it('goes on with a rebuild where a killed process left it, and leaves no collection behind', async () => {
  const writer = await started();
  const { dataset } = await filled(writer, 'killed', 4, 100);
  await writer.retrieval.stop();
  let wake = () => {};
  const asleep = new Promise<void>((resolve) => {
    wake = resolve;
  });
  let written = 0;
  const frozen = await started({
    upsert: async (index, ...rest) => {
      written += 1;
      if (index.generation && written > 1) await asleep;
      return store.upsert(index, ...rest);
    },
  });
  const [begun] = (await frozen.upkeep.startRebuild({ model: 'letters' })).rebuilds;
  await vi.waitFor(() => expect(written).toBeGreaterThan(1));
  await expect(frozen.upkeep.startRebuild({ model: '' })).rejects.toThrow(/under way already: filling, 250 of/);
  const next = await started();
  expect(await next.ended(begun!.id)).toMatchObject({ status: 'done' });
  wake();
  await frozen.retrieval.stop();
  expect((await search(next, dataset.id, 'word7')).degraded).toBe('');
  expect(await next.verified(true)).toMatchObject({ missing: 0, extra: 0, stale: 0 });
  expect([...qdrant.collections.byName.keys()]).toEqual([...qdrant.collections.aliases.values()]);
});

it('lets the old copy serve where the new one fails its checks, and says why', async () => {
  let loses: 'points' | 'vectors' = 'points';
  const rig = await started({
    upsert: (index, points, documents) => {
      if (!index.generation) return store.upsert(index, points, documents);
      const some = loses === 'points' ? points.slice(3) : points.map((point) => ({ ...point, dense: noise() }));
      return store.upsert(index, some, documents);
    },
  });
  const noise = () => Float32Array.from({ length: 26 }, () => Math.random() - 0.5);
  const { dataset } = await filled(rig, 'checked', 30);
  const serving = new Map(qdrant.collections.aliases);
  expect(await rig.rebuilt()).toMatchObject({ status: 'failed', report: expect.stringMatching(/3 differ.*serves on/) });
  loses = 'vectors';
  expect(await rig.rebuilt()).toMatchObject({
    status: 'failed',
    report: expect.stringMatching(/by meaning.*serves on/),
  });
  expect(qdrant.collections.aliases).toEqual(serving);
  expect(qdrant.collections.byName.size).toBe(1);
  expect((await search(rig, dataset.id, 'word7')).degraded).toBe('');
});

it('brings to the store what it missed while it was away', async () => {
  const rig = await started();
  const { dataset, documents } = await filled(rig, 'missed');
  const other = await filled(rig, 'deleted', 2);
  const [changed, deleted, edited, refilled] = documents;
  const at = { tenantId: tenant, datasetId: dataset.id };
  await qdrant.stop();
  await rig.datasets.updateDocument({ ...at, documentId: changed!.id, enabled: false });
  await rig.datasets.deleteDocument({ ...at, documentId: deleted!.id });
  await rig.datasets.saveChunk({
    ...at,
    documentId: edited!.id,
    parentId: '',
    chunkId: '',
    content: 'word99 was added',
  });
  await rig.datasets.updateDocument({ ...at, documentId: refilled!.id, text: 'word88 is new' });
  await rig.datasets.deleteDataset({ tenantId: tenant, datasetId: other.dataset.id });
  expect((await rig.upkeep.getStoreStatus({ tenantId: '' })).owed).toBeGreaterThanOrEqual(4);
  expect((await rig.upkeep.getStoreStatus({ tenantId: 'tenant-b' })).owed).toBe(0);
  await qdrant.start();
  await rig.indexed(tenant, refilled!);
  await rig.settled();
  await vi.waitFor(async () => expect((await search(rig, dataset.id, 'word99')).degraded).toBe(''));
  expect((await search(rig, dataset.id, 'word99')).chunks[0]?.content).toBe('word99 was added');
  expect(await rig.verified(true)).toMatchObject({ missing: 0, extra: 0, stale: 0 });
  expect(rig.errors).toEqual([]);
});
