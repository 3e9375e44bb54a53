import { type QdrantServer, startQdrantServer, type TestDatabase, testDatabase } from '@treadle/testing';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { filter, Rig, settings } from './rig.js';

const tenant = 'tenant-a';
let database: TestDatabase;
let qdrant: QdrantServer;
let rig: Rig;

beforeAll(async () => {
  [database, qdrant] = await Promise.all([testDatabase(), startQdrantServer({ apiKey: 'secret' })]);
  const access = { TREADLE_VECTOR_STORE: 'qdrant', QDRANT_URL: qdrant.url, QDRANT_API_KEY: 'secret' };
  rig = new Rig(database.connectionString, { environment: { ...access, TREADLE_VECTOR_STORE_PROBE_MS: '100' } });
  await rig.retrieval.start();
});
afterAll(async () => {
  await rig.stop();
  await qdrant.close();
  await database.drop();
});

it('indexes into Qdrant, finds there, goes on without it and comes back', async () => {
  const { id } = await rig.dataset(tenant, 'animals', { metadataFieldsJson: '{"legs":"number"}' });
  for (const [name, legs] of [
    ['zebra', 4],
    ['owl', 2],
  ] as const)
    await rig.indexed(tenant, await rig.document(tenant, id, name, `The ${name} sleeps.`, { legs }));
  let number = 0;
  const search = async (more: Parameters<Rig['search']>[3] = {}) => {
    number += 1;
    // Another query each time: nothing comes from the cache.
    const { chunks, degraded } = await rig.search(tenant, [id], `zebra ${number}`, more);
    return { names: chunks.map(({ documentName }) => documentName), degraded };
  };

  expect(await search(settings({ top_k: 1 }))).toEqual({ names: ['zebra'], degraded: '' });
  const few = filter({ field: 'legs', operator: '<', value: 3 });
  expect(await search({ ...settings({ method: 'semantic' }), ...few })).toEqual({ names: ['owl'], degraded: '' });
  expect(qdrant.requests.some((call) => call.endsWith('/points/query'))).toBe(true);

  await qdrant.stop();
  const away = await search();
  expect(away.names).toEqual(['zebra']);
  expect(away.degraded).not.toBe('');
  await qdrant.start();
  await vi.waitFor(async () => expect((await search()).degraded).toBe(''), { timeout: 10_000 });
  expect(qdrant.violations).toEqual([]);
  expect(rig.errors).toEqual([]);
});
