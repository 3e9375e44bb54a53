import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { noTerms } from '../../domain/sparse-vector.js';
import { describeVectorStore, type StoreUnderTest } from '../../domain/vector-store.contract.js';
import type { IndexRef } from '../../domain/vector-store.js';
import { EmbeddedVectorStore } from './embedded-vector-store.js';
import { MemoryPointSource } from './memory-point-source.js';

function under(maxBytes = 64 * 1024 * 1024): StoreUnderTest & { readonly source: MemoryPointSource } {
  const source = new MemoryPointSource();
  const store = new EmbeddedVectorStore({ source, maxBytes });
  return {
    store,
    source,
    newIndex: async (dimensions) => ({
      tenantId: randomUUID(),
      datasetId: randomUUID(),
      indexId: randomUUID(),
      space: { provider: '', model: 'spec', dimensions },
      revision: 0,
    }),
    upsert: async (index, points, documents) => source.commit(index, { points, documents }),
    remove: async (index, selection) => source.commit(index, { remove: selection }),
    describe: async (index, document) => source.commit(index, { documents: [document] }),
    close: () => store.close(),
  };
}

describeVectorStore('embedded', async () => under());

const at = (revision: number, index: IndexRef): IndexRef => ({ ...index, revision });

it('lets go of the indexes asked longest ago when memory runs out, and reads them again', async () => {
  const stored = under(600 * 1024);
  const { store, source } = stored;
  const documentId = randomUUID();
  const indexes = await Promise.all(
    Array.from({ length: 4 }, async () => {
      const index = await stored.newIndex(4);
      const point = {
        id: index.indexId,
        documentId,
        dense: new Float32Array(4).fill(1),
        sparse: noTerms,
        enabled: true,
      };
      return stored.upsert(
        index,
        [{ ...point, version: 1 }],
        [{ documentId, enabled: true, metadata: {}, changedAt: 0 }],
      );
    }),
  );
  const search = (index: IndexRef) => store.search(index, { probe: { dense: new Float32Array(4).fill(1) }, limit: 5 });
  for (let round = 0; round < 3; round += 1)
    for (const found of await Promise.all(indexes.map(search))) expect(found).toHaveLength(1);
  expect(source.readings).toBeGreaterThan(4);
  const before = source.readings;
  await search(at(0, indexes.at(-1)!));
  await search(at(0, indexes.at(-1)!));
  expect(source.readings - before).toBeLessThanOrEqual(1);
  await stored.close();
});
