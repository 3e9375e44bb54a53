import { randomUUID } from 'node:crypto';
import { type TestDatabase, testDatabase } from '@treadle/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { filter, Rig, settings } from './rig.js';

let database: TestDatabase;
let rig: Rig;

beforeAll(async () => {
  database = await testDatabase();
  rig = new Rig(database.connectionString);
  await rig.retrieval.start();
});
afterAll(async () => {
  await rig.stop();
  await database.drop();
});

/** The same names, texts and metadata for each tenant; only the marker tells whose they are. */
async function fill(tenantId: string) {
  const fields = { metadataFieldsJson: '{"year":"number"}' };
  const dataset = await rig.dataset(tenantId, 'handbook', fields);
  const document = await rig.document(tenantId, dataset.id, 'rules', `the same rules for all, says ${tenantId}`, {
    year: 2020,
  });
  await rig.indexed(tenantId, document);
  const { chunks } = await rig.datasets.listChunks({
    tenantId,
    datasetId: dataset.id,
    documentId: document.id,
    cursor: '',
    limit: 10,
  });
  return { tenantId, datasetId: dataset.id, documentId: document.id, chunkId: chunks[0]!.id };
}

it('shows a tenant nothing of another on any path', async () => {
  const [mine, theirs] = [await fill(`a${randomUUID()}`), await fill(`b${randomUUID()}`)];
  const { tenantId } = mine;
  const page = { cursor: '', limit: 100, keyword: '' };
  const { datasets } = rig.retrieval.controllers;
  const reads: Record<string, () => Promise<unknown>> = {
    getDataset: () => datasets.getDataset({ ...theirs, tenantId }),
    updateDataset: () => datasets.updateDataset({ ...theirs, tenantId, name: 'stolen' }),
    deleteDataset: () => datasets.deleteDataset({ ...theirs, tenantId }),
    createDocument: () => rig.document(tenantId, theirs.datasetId, 'mine', 'text'),
    getDocument: () => datasets.getDocument({ ...theirs, tenantId }),
    getTheirDocumentInMine: () => datasets.getDocument({ ...mine, documentId: theirs.documentId }),
    listDocuments: () => datasets.listDocuments({ ...theirs, tenantId, ...page }),
    updateDocument: () => datasets.updateDocument({ ...theirs, tenantId, enabled: false }),
    updateTheirDocumentInMine: () => datasets.updateDocument({ ...mine, documentId: theirs.documentId, text: 'x' }),
    deleteDocument: () => datasets.deleteDocument({ ...mine, documentId: theirs.documentId }),
    listChunks: () => datasets.listChunks({ ...mine, documentId: theirs.documentId, ...page }),
    saveChunk: () => datasets.saveChunk({ ...mine, chunkId: theirs.chunkId, content: 'x' }),
    saveChunkInTheirs: () => datasets.saveChunk({ ...mine, documentId: theirs.documentId, chunkId: '', content: 'x' }),
    deleteChunk: () => datasets.deleteChunk({ ...mine, chunkId: theirs.chunkId }),
    search: () => rig.search(tenantId, [theirs.datasetId], 'rules'),
    searchBoth: () => rig.search(tenantId, [mine.datasetId, theirs.datasetId], 'rules'),
  };
  for (const [path, read] of Object.entries(reads)) await expect(read(), path).rejects.toThrow(/There is no/);
  const listed = await datasets.listDatasets({ tenantId, ...page });
  expect(listed.datasets.map(({ id }) => id)).toEqual([mine.datasetId]);
  for (const method of ['semantic', 'full_text', 'hybrid'])
    for (const more of [
      {},
      filter({ field: 'year', operator: '=', value: 2020 }),
      filter({ field: 'document_name', operator: 'is', value: 'rules' }),
    ])
      for (const [own, other] of [
        [mine, theirs],
        [theirs, mine],
      ] as const) {
        const { chunks } = await rig.search(own.tenantId, [own.datasetId], 'the same rules', {
          ...settings({ method, top_k: 100 }),
          ...more,
          neighbours: 5,
        });
        expect(chunks.map(({ chunkId }) => chunkId)).toEqual([own.chunkId]);
        expect(JSON.stringify(chunks)).not.toContain(other.tenantId);
      }
  expect(rig.errors).toEqual([]);
});
