import { FailureError } from '@treadle/failure';
import { createPool } from '@treadle/persistence';
import { type TestDatabase, testDatabase } from '@treadle/testing';
import type { Pool } from 'pg';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { VectorStore } from '../src/domain/vector-store.js';
import { retrievalSchema } from '../src/index.js';
import { EmbeddedVectorStore } from '../src/infra/embedded/embedded-vector-store.js';
import { PgPointSource } from '../src/infra/pg-point-source.js';
import { filter, LetterModels, Rig, settings } from './rig.js';

const tenant = 'tenant-a';
let database: TestDatabase;
let pool: Pool;
let rig: Rig;
let state: 'well' | 'away' | 'silent' = 'well';
let asked = 0;
const models = new LetterModels();

/** The embedded store behind a switch. */
function switched(store: VectorStore): VectorStore {
  return new Proxy(store, {
    get: (target, name: keyof VectorStore) => {
      if (name === 'isReady') return async () => state === 'well';
      if (name !== 'search') return Reflect.get(target, name) as unknown;
      return async (...given: Parameters<VectorStore['search']>) => {
        asked += 1;
        if (state === 'away') throw FailureError.of('unavailable', 'The vector store cannot be reached.');
        if (state === 'silent') await new Promise(() => undefined);
        return target.search(...given);
      };
    },
  });
}

beforeAll(async () => {
  database = await testDatabase();
  pool = createPool(database.connectionString, { schema: retrievalSchema });
  const store = switched(new EmbeddedVectorStore({ source: new PgPointSource(pool), maxBytes: 64 * 1024 * 1024 }));
  const environment = { TREADLE_VECTOR_STORE_TIMEOUT_MS: '1000', TREADLE_VECTOR_STORE_PROBE_MS: '100' };
  rig = new Rig(database.connectionString, { store, models, environment });
  await rig.retrieval.start();
});
afterAll(async () => {
  await rig.stop();
  await pool.end();
  await database.drop();
});

it.each(['away', 'silent'] as const)(
  'answers from PostgreSQL while the store is %s, and from the store once it is back',
  async (trouble) => {
    state = 'well';
    const { id } = await rig.dataset(tenant, `d ${trouble}`, { metadataFieldsJson: '{"kind":"string"}' });
    const documents = await Promise.all(
      ['The loom weaves cloth.', 'The potter shapes clay.'].map((text, place) =>
        rig.document(tenant, id, `t${place}`, text, { kind: `k${place}` }),
      ),
    );
    for (const document of documents) await rig.indexed(tenant, document);
    let number = 0;
    const search = (more = {}) => {
      number += 1;
      // Another query each time: nothing comes from the cache.
      return rig.search(tenant, [id], `potter clay ${number}`, { ...settings({ top_k: 1 }), ...more });
    };
    // The first one waits for the store's thread.
    await vi.waitFor(async () => expect((await search()).degraded).toBe(''), { timeout: 10_000 });
    state = trouble;
    const answers = await Promise.all(Array.from({ length: 50 }, () => search()));
    for (const { chunks, degraded } of answers) {
      expect(chunks[0]?.content).toBe('The potter shapes clay.');
      expect(degraded).toMatch(/vector store/);
    }
    const before = asked;
    const narrowed = await search(filter({ field: 'kind', operator: 'is', value: 'k0' }));
    expect(narrowed.chunks).toEqual([]);
    expect((await search()).timings.map(({ stage }) => stage)).toContain('fallback');
    expect(asked).toBe(before);
    state = 'well';
    await vi.waitFor(async () => expect((await search()).degraded).toBe(''), { timeout: 10_000 });
    expect(rig.errors).toEqual([]);
  },
);

it('answers by words while no model makes vectors', async () => {
  const { id } = await rig.dataset(tenant, 'models away');
  await rig.indexed(tenant, await rig.document(tenant, id, 't', 'The smith forges iron.'));
  models.failure = FailureError.of('provider_unavailable', 'The provider is away.');
  const { chunks, degraded } = await rig.search(tenant, [id], 'smith iron');
  models.failure = undefined;
  expect(chunks[0]?.content).toBe('The smith forges iron.');
  expect(degraded).toBe('The provider is away.');
});
