import { randomUUID } from 'node:crypto';
import { QdrantClient } from '@qdrant/js-client-rest';
import { type QdrantServer, startQdrantServer } from '@treadle/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { noTerms } from '../../domain/sparse-vector.js';
import { describeVectorStore, type StoreUnderTest } from '../../domain/vector-store.contract.js';
import type { IndexRef } from '../../domain/vector-store.js';
import { QdrantVectorStore, type QdrantVectorStoreOptions } from './qdrant-vector-store.js';

const newIndex = (dimensions: number): IndexRef => ({
  tenantId: randomUUID(),
  datasetId: randomUUID(),
  indexId: randomUUID(),
  space: { provider: '', model: 'spec', dimensions },
  revision: 0,
});

function under(options: QdrantVectorStoreOptions, close: () => Promise<void>): StoreUnderTest {
  const store = new QdrantVectorStore(options);
  const next = (index: IndexRef) => ({ ...index, revision: index.revision + 1 });
  return {
    store,
    newIndex: async (dimensions) => newIndex(dimensions),
    upsert: async (index, points, documents) => store.upsert(index, points, documents).then(() => next(index)),
    remove: async (index, selection) => store.remove(index, selection).then(() => next(index)),
    describe: async (index, document) => store.describe(index, document).then(() => next(index)),
    close: async () => {
      await store.close();
      await close();
    },
  };
}

async function onSmallServer(options: Partial<QdrantVectorStoreOptions>): Promise<StoreUnderTest> {
  const server = await startQdrantServer({ apiKey: 'secret' });
  return under({ url: server.url, apiKey: 'secret', timeoutMs: 10_000, ...options }, async () => {
    await server.close();
    expect(server.violations).toEqual([]);
  });
}

describeVectorStore('qdrant, small server', () => onSmallServer({}));
describeVectorStore('qdrant, small server, quantised and on disk', () =>
  onSmallServer({ quantization: 'int8', onDisk: true, prefix: 'other' }),
);

const url = process.env['QDRANT_URL'];
if (url)
  describeVectorStore('qdrant, real server', async () => {
    const prefix = `spec-${randomUUID()}`;
    const apiKey = process.env['QDRANT_API_KEY'];
    return under({ url, timeoutMs: 30_000, prefix, ...(apiKey && { apiKey }) }, async () => {
      const client = new QdrantClient({ url, checkCompatibility: false, ...(apiKey && { apiKey }) });
      const { collections } = await client.getCollections();
      for (const { name } of collections) if (name.startsWith(prefix)) await client.deleteCollection(name);
    });
  });

describe('what Qdrant is told and what happens when it fails', () => {
  let server: QdrantServer;
  let store: QdrantVectorStore;
  const index = newIndex(2);
  const documentId = randomUUID();
  const document = { documentId, enabled: true, metadata: {}, changedAt: 0 };
  const probe = { dense: new Float32Array([1, 0]) };
  const newPoint = () => ({
    id: randomUUID(),
    documentId,
    dense: new Float32Array([1, 0]),
    sparse: noTerms,
    enabled: true,
    version: 1,
  });

  beforeEach(async () => {
    server = await startQdrantServer();
    store = new QdrantVectorStore({ url: server.url, timeoutMs: 5000 });
    await store.prepare(index);
  });
  afterEach(async () => {
    await server.close();
    expect(server.violations).toEqual([]);
  });

  it('makes one collection for a model, behind an alias, with an index made for tenancy', async () => {
    const stores = Array.from({ length: 4 }, () => new QdrantVectorStore({ url: server.url, timeoutMs: 5000 }));
    await Promise.all(stores.map((each) => each.prepare(index)));
    const [[alias, name] = []] = [...server.collections.aliases];
    expect([server.collections.byName.size, server.collections.aliases.size]).toEqual([1, 1]);
    expect(alias).toMatch(/^treadle-spec-2-[0-9a-f]{12}$/);
    expect(name).toBe(`${alias}.1`);
    const { indexes, settings } = server.collections.named(alias!);
    expect(indexes.get('tenant')).toEqual({ type: 'keyword', is_tenant: true });
    expect(settings.sparse_vectors?.['words']?.modifier).toBe('idf');
  });

  it('writes many points in batches', async () => {
    const points = Array.from({ length: 600 }, newPoint);
    await store.upsert(index, points, [document]);
    expect(server.requests.filter((call) => /^PUT .*\/points$/.test(call))).toHaveLength(3);
    expect(await store.count(index)).toBe(600);
  });

  it('keeps the order of ids among equal scores where the limit cuts through them', async () => {
    const points = Array.from({ length: 12 }, newPoint);
    await store.upsert(index, points, [document]);
    const hits = await store.search(index, { probe, limit: 3 });
    expect(hits.map(({ id }) => id)).toEqual(
      points
        .map(({ id }) => id)
        .sort()
        .slice(0, 3),
    );
  });

  it('fails as unavailable while Qdrant is away or answers with errors, and goes on afterwards', async () => {
    await store.upsert(index, [newPoint()], [document]);
    const search = () => store.search(index, { probe, limit: 3 });
    server.answerWith(500);
    await expect(search()).rejects.toMatchObject({ failure: { code: 'unavailable' } });
    expect(await store.isReady()).toBe(false);
    server.answerWith(undefined);
    await server.stop();
    await expect(search()).rejects.toMatchObject({ failure: { code: 'unavailable' } });
    await expect(store.count(index)).rejects.toMatchObject({ failure: { code: 'unavailable' } });
    expect(await store.isReady()).toBe(false);
    await server.start();
    expect(await store.isReady()).toBe(true);
    expect(await search()).toHaveLength(1);
  });

  it('gives up a slow request in time, or when its caller does', async () => {
    await store.upsert(index, [newPoint()], [document]);
    server.slowDown(60_000);
    const hasty = new QdrantVectorStore({ url: server.url, timeoutMs: 50 });
    await expect(hasty.search(index, { probe, limit: 3 })).rejects.toMatchObject({
      failure: { code: 'deadline_exceeded' },
    });
    const caller = new AbortController();
    const searching = store.search(index, { probe, limit: 3, signal: caller.signal });
    caller.abort(new Error('enough'));
    await expect(searching).rejects.toThrow('enough');
  });

  it('says what to look at when its key is refused', async () => {
    const locked = await startQdrantServer({ apiKey: 'secret' });
    const stranger = new QdrantVectorStore({ url: locked.url, apiKey: 'wrong', timeoutMs: 5000 });
    await expect(stranger.prepare(index)).rejects.toThrow(/QDRANT_API_KEY/);
    await locked.close();
  });

  it('says that a collection has vanished, and makes it only where it is prepared', async () => {
    await store.upsert(index, [newPoint()], [document]);
    for (const name of server.collections.byName.keys()) server.collections.delete(name);
    expect(await store.count(index)).toBe(0);
    await expect(store.search(index, { probe, limit: 3 })).rejects.toThrow(/treadle retrieval rebuild/);
    await expect(store.upsert(index, [newPoint()], [document])).rejects.toThrow(/treadle retrieval rebuild/);
    await store.prepare(index);
    await store.upsert(index, [newPoint()], [document]);
    expect(await store.search(index, { probe, limit: 3 })).toHaveLength(1);
  });

  it('keeps only words where a dataset has no model', async () => {
    const plain = newIndex(0);
    await store.prepare(plain);
    const sparse = { indices: new Uint32Array([5]), values: new Float32Array([1]) };
    await store.upsert(plain, [{ ...newPoint(), dense: new Float32Array(0), sparse }, newPoint()], [document]);
    expect(await store.search(plain, { probe, limit: 3 })).toEqual([]);
    expect(await store.search(plain, { probe: { sparse }, limit: 3 })).toHaveLength(1);
    expect(await store.count(plain)).toBe(2);
  });

  it('is not let past the requests that Qdrant knows', async () => {
    const answer = await fetch(`${server.url}/collections/x/points/count`, { method: 'POST', body: '{"surprise":1}' });
    expect(answer.status).toBe(400);
    expect(server.violations.splice(0)).toHaveLength(1);
  });
});
