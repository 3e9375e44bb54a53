import { randomUUID } from 'node:crypto';
import { FailureError } from '@treadle/failure';
import { type TestDatabase, testDatabase } from '@treadle/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { firstPage, Rig } from './rig.js';

const tenant = 'tenant-a';
let database: TestDatabase;
let rig: Rig;

beforeAll(async () => {
  database = await testDatabase();
  rig = new Rig(database.connectionString, { environment: { TREADLE_INDEX_BATCH: '2' } });
  await rig.retrieval.start();
});
afterEach(() => {
  rig.models.before = undefined;
});
afterAll(async () => {
  await rig.stop();
  expect(rig.errors).toEqual([]);
  await database.drop();
});

/** A dataset whose documents have five chunks each. */
async function filled(documents: number) {
  const chunking = { chunkingJson: JSON.stringify({ max_length: 12, overlap: 0 }) };
  const { id: datasetId } = await rig.dataset(tenant, `dataset ${randomUUID()}`, chunking);
  const lines = Array.from({ length: 5 }, (_, line) => `chunk no ${line}`).join('\n\n');
  const made = [];
  for (let number = 0; number < documents; number += 1)
    made.push(await rig.indexed(tenant, await rig.document(tenant, datasetId, `d${number}`, lines)));
  return { datasetId, keys: made.map(({ id }) => ({ tenantId: tenant, datasetId, documentId: id })) };
}
type Key = Awaited<ReturnType<typeof filled>>['keys'][number];

const chunksOf = async (key: Key) => (await rig.datasets.listChunks({ ...firstPage, ...key })).chunks;
const contentsOf = async (key: Key) => (await chunksOf(key)).map(({ content }) => content);
const datasetOf = async (datasetId: string) =>
  (await rig.datasets.getDataset({ tenantId: tenant, datasetId })).dataset!;
const anew = (datasetId: string, given: object) =>
  rig.datasets.updateDataset({ tenantId: tenant, datasetId, ...given });
const switched = (datasetId: string) =>
  vi.waitFor(async () => expect((await datasetOf(datasetId)).reindexing).toBe(false), {
    timeout: 20_000,
    interval: 20,
  });

/** Changes the second chunk, deletes the third, adds one; what there is then. */
async function edit(key: Key, mark: string): Promise<string[]> {
  const chunks = await chunksOf(key);
  await rig.datasets.saveChunk({ ...key, chunkId: chunks[1]!.id, content: `changed ${mark}` });
  await rig.datasets.deleteChunk({ ...key, chunkId: chunks[2]!.id });
  await rig.datasets.saveChunk({ ...key, chunkId: '', content: `added ${mark}` });
  return contentsOf(key);
}

/** Every chunk has one point, made from what it holds now. */
async function expectSound(datasetId: string): Promise<void> {
  const { rows } = await rig.pool.query<{ content: string; points: number; live: boolean; dense: Buffer }>(
    `select c.content, c.live, p.dense, (select count(*) from point where chunk_id = c.id) points from chunk c left join point p on p.chunk_id = c.id
     where c.dataset_id = $1`,
    [datasetId],
  );
  for (const { content, points, live } of rows) expect([content, points, live]).toEqual([content, 1, true]);
  for (const { content } of rows.slice(0, 5)) {
    const { chunks } = await rig.search(tenant, [datasetId], content, {
      settingsJson: '{"method":"semantic","top_k":100}',
    });
    const best = chunks[0]!.score;
    expect(chunks.filter(({ score }) => best - score < 1e-6).map((chunk) => chunk.content)).toContain(content);
  }
}

describe('what people change while a new index is built', () => {
  it.each([0, 1, 2, 3])('is in it, also when %i batches of a document are done', async (batches) => {
    const { datasetId, keys } = await filled(2);
    let left = batches;
    const reached = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    rig.models.before = (asked) => {
      if (asked.model?.model !== 'letters-2' || left-- > 0) return undefined;
      reached.resolve();
      return released.promise;
    };
    await anew(datasetId, { embeddingModel: 'letters-2' });
    await reached.promise;
    const expected = [];
    for (const key of keys) expected.push(await edit(key, 'once'));
    released.resolve();
    await switched(datasetId);
    for (const [place, key] of keys.entries()) expect(await contentsOf(key)).toEqual(expected[place]);
    await expectSound(datasetId);
  });

  it('is in it when it is changed at any moment, again and again', async () => {
    const { datasetId, keys } = await filled(3);
    for (let round = 0; round < 4; round += 1) {
      await anew(datasetId, { embeddingModel: `letters-${round + 10}` });
      let edits = 0;
      while ((await datasetOf(datasetId)).reindexing && edits < 6) {
        const key = keys[edits % 3]!;
        // A new index may take over between the reading of a chunk and its change.
        const content = `round ${round} edit ${edits}`;
        await rig.datasets.saveChunk({ ...key, chunkId: '', content }).catch((error: unknown) => {
          expect(error).toMatchObject({ failure: { code: 'unavailable' } });
          return rig.datasets.saveChunk({ ...key, chunkId: '', content });
        });
        edits += 1;
      }
      const before = await Promise.all(keys.map(contentsOf));
      await switched(datasetId);
      expect(await Promise.all(keys.map(contentsOf))).toEqual(before);
    }
    await expectSound(datasetId);
  });

  it('is refused where its chunks are being cut in another way, and would be lost', async () => {
    const { datasetId, keys } = await filled(1);
    const released = Promise.withResolvers<void>();
    rig.models.before = () => released.promise;
    await anew(datasetId, { chunkingJson: JSON.stringify({ max_length: 40 }) });
    const [key] = keys;
    const [chunk] = await chunksOf(key!);
    await expect(rig.datasets.deleteChunk({ ...key!, chunkId: chunk!.id })).rejects.toMatchObject({
      failure: { code: 'dataset_reindexing' },
    });
    released.resolve();
    await switched(datasetId);
  });
});

describe('a document that the new index cannot take', () => {
  const poison = () =>
    Promise.reject(FailureError.of('provider_rejected', 'The model does not take this text.', { retryable: false }));

  it('keeps the old index serving, which says so, until it is tried again', async () => {
    const { datasetId, keys } = await filled(3);
    const [good, bad] = [keys[0]!, keys[1]!];
    const chunk = (await chunksOf(bad))[0]!;
    await rig.datasets.saveChunk({ ...bad, chunkId: chunk.id, content: 'the poison' });
    rig.models.before = ({ model, texts }) =>
      model?.model === 'letters-3' && texts.includes('the poison') ? poison() : undefined;
    await anew(datasetId, { embeddingModel: 'letters-3' });
    await vi.waitFor(async () =>
      expect(await datasetOf(datasetId)).toMatchObject({ reindexing: true, reindexFailures: 1, reindexedDocuments: 2 }),
    );
    const { document } = await rig.datasets.getDocument(bad);
    expect(document).toMatchObject({
      status: 'completed',
      reindexError: 'The model does not take this text.',
      chunks: 5,
    });
    expect(await contentsOf(bad)).toContain('the poison');
    expect(await contentsOf(good)).toHaveLength(5);
    rig.models.before = undefined;
    await rig.datasets.retryDocument(bad);
    await switched(datasetId);
    expect(await contentsOf(bad)).toContain('the poison');
    await expectSound(datasetId);
  });

  it('holds it up no longer when it is deleted', async () => {
    const { datasetId, keys } = await filled(2);
    rig.models.before = ({ model }) => (model?.model === 'letters-4' ? poison() : undefined);
    await anew(datasetId, { embeddingModel: 'letters-4' });
    await vi.waitFor(async () => expect((await datasetOf(datasetId)).reindexFailures).toBe(2));
    for (const key of keys) await rig.datasets.deleteDocument(key);
    await switched(datasetId);
  });

  it('does not hold it up where it could not be found before, and a failed new text is still told of', async () => {
    const { datasetId, keys } = await filled(1);
    const [key] = keys;
    const never = await rig.add(tenant, datasetId, { source: 'url', sourceName: 'http://localhost:1/' });
    await rig.indexed(tenant, never, 'error');
    await rig.datasets.updateDocument({ ...key!, source: 'url', sourceName: 'http://localhost:1/' });
    await rig.indexed(tenant, { datasetId, id: key!.documentId } as never, 'error');
    await anew(datasetId, { embeddingModel: 'letters-5' });
    await switched(datasetId);
    expect(await contentsOf(key!)).toHaveLength(5);
    expect((await rig.datasets.getDocument(key!)).document).toMatchObject({
      status: 'error',
      errorCode: 'address_blocked',
    });
    await rig.datasets.updateDocument({ ...key!, text: 'well again' });
    await rig.indexed(tenant, { datasetId, id: key!.documentId } as never);
    expect(await contentsOf(key!)).toEqual(['well again']);
  });

  it('is no matter for a dataset without documents', async () => {
    const { datasetId } = await filled(0);
    await anew(datasetId, { embeddingModel: 'letters-6' });
    await switched(datasetId);
  });
});
