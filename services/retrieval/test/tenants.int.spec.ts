import { randomUUID } from 'node:crypto';
import { FailureError } from '@treadle/failure';
import { type TestDatabase, testDatabase } from '@treadle/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { EmbeddedVectorStore } from '../src/infra/embedded/embedded-vector-store.js';
import { PgPointSource } from '../src/infra/pg-point-source.js';
import { filter, firstPage, Rig, settings } from './rig.js';

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
    ...firstPage,
  });
  return { tenantId, datasetId: dataset.id, documentId: document.id, chunkId: chunks[0]!.id };
}

it('shows a tenant nothing of another on any path', async () => {
  const [mine, theirs] = [await fill(`a${randomUUID()}`), await fill(`b${randomUUID()}`)];
  const { tenantId } = mine;
  const { datasets } = rig.retrieval.controllers;
  const reads: Record<string, () => Promise<unknown>> = {
    getDataset: () => datasets.getDataset({ ...theirs, tenantId }),
    updateDataset: () => datasets.updateDataset({ ...theirs, tenantId, name: 'stolen' }),
    deleteDataset: () => datasets.deleteDataset({ ...theirs, tenantId }),
    createDocument: () => rig.document(tenantId, theirs.datasetId, 'mine', 'text'),
    getDocument: () => datasets.getDocument({ ...theirs, tenantId }),
    getTheirDocumentInMine: () => datasets.getDocument({ ...mine, documentId: theirs.documentId }),
    listDocuments: () => datasets.listDocuments({ ...theirs, tenantId, ...firstPage }),
    updateDocument: () => datasets.updateDocument({ ...theirs, tenantId, enabled: false }),
    updateTheirDocumentInMine: () => datasets.updateDocument({ ...mine, documentId: theirs.documentId, text: 'x' }),
    deleteDocument: () => datasets.deleteDocument({ ...mine, documentId: theirs.documentId }),
    listChunks: () => datasets.listChunks({ ...mine, documentId: theirs.documentId, ...firstPage }),
    saveChunk: () => datasets.saveChunk({ ...mine, chunkId: theirs.chunkId, parentId: '', content: 'x' }),
    saveChunkInTheirs: () =>
      datasets.saveChunk({ ...mine, documentId: theirs.documentId, chunkId: '', parentId: '', content: 'x' }),
    savePartOfTheirs: () => datasets.saveChunk({ ...mine, chunkId: '', parentId: theirs.chunkId, content: 'x' }),
    getChunk: () => datasets.getChunk({ ...mine, chunkId: theirs.chunkId }),
    readDocumentText: () => datasets.readDocumentText({ ...theirs, tenantId, part: 0 }),
    deleteChunk: () => datasets.deleteChunk({ ...mine, chunkId: theirs.chunkId }),
    search: () => rig.search(tenantId, [theirs.datasetId], 'rules'),
    searchBoth: () => rig.search(tenantId, [mine.datasetId, theirs.datasetId], 'rules'),
  };
  for (const [path, read] of Object.entries(reads)) await expect(read(), path).rejects.toThrow(/There is no/);
  const listed = await datasets.listDatasets({ tenantId, ...firstPage });
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

/** What one tenant does, or looks at. */
const steps = fc.array(
  fc.record({
    who: fc.nat(1),
    what: fc.constantFrom(
      ...(['create', 'create', 'text', 'metadata', 'disable', 'delete', 'chunk', 'model'] as const),
      ...(['search', 'search', 'search', 'lists', 'strange ids'] as const),
    ),
    which: fc.nat(2),
    method: fc.constantFrom('semantic', 'full_text', 'hybrid'),
    filter: fc.constantFrom(
      undefined,
      { field: 'year', operator: '=', value: 2020 },
      { field: 'document_name', operator: 'is', value: 'rules 0' },
      { field: 'document_name', operator: 'not empty' },
    ),
    isAway: fc.boolean(),
  }),
  { minLength: 12, maxLength: 25 },
);

it('keeps two tenants with the same names apart, whatever they do and however they look', {
  timeout: 180_000,
}, async () => {
  const source = new PgPointSource(rig.pool);
  const store = new EmbeddedVectorStore({ source, maxBytes: 64 * 1024 * 1024 });
  let isAway = false;
  const switched = new Proxy(store, {
    get: (target, name: keyof EmbeddedVectorStore) =>
      name === 'search' && isAway
        ? () => Promise.reject(FailureError.of('unavailable', 'The vector store cannot be reached.'))
        : (Reflect.get(target, name) as unknown),
  });
  const environment = { TREADLE_VECTOR_STORE_PROBE_MS: '50' };
  const both = new Rig(database.connectionString, { store: switched, environment });
  await both.retrieval.start();
  try {
    await fc.assert(
      fc.asyncProperty(steps, async (plan) => {
        const pair = await Promise.all([new Owner(both).open(), new Owner(both).open()]);
        for (const step of plan) {
          const [owner, other] = step.who === 0 ? pair : [pair[1], pair[0]];
          isAway = step.isAway;
          const seen = JSON.stringify(await owner.does(step, other));
          for (const secret of [other.tenantId, other.datasetId, ...other.documents])
            expect(seen, step.what).not.toContain(secret);
        }
        isAway = false;
        for (const owner of pair) await owner.sees();
      }),
      { numRuns: 4 },
    );
    expect(both.errors).toEqual([]);
  } finally {
    await both.stop();
  }
});

type Step = (typeof steps extends fc.Arbitrary<infer T> ? T : never)[number];

/** A tenant whose every text has its own mark in it. */
class Owner {
  readonly tenantId = `t${randomUUID()}`;
  readonly documents: string[] = [];
  datasetId = '';
  private models = 0;

  constructor(private readonly rig: Rig) {}

  async open(): Promise<this> {
    const chunking = { mode: 'parent_child', max_length: 200, child_max_length: 80 };
    const given = { metadataFieldsJson: '{"year":"number"}', chunkingJson: JSON.stringify(chunking) };
    this.datasetId = (await this.rig.dataset(this.tenantId, 'handbook', given)).id;
    await this.create(0);
    return this;
  }

  /** Everything it is told, also of what it may not do. */
  async does({ what, which, method, filter: condition }: Step, other: Owner): Promise<unknown> {
    const { datasets } = this.rig.retrieval.controllers;
    const documentId = this.documents[which % Math.max(1, this.documents.length)] ?? randomUUID();
    const key = { tenantId: this.tenantId, datasetId: this.datasetId, documentId };
    switch (what) {
      case 'create':
        return this.create(which);
      case 'text':
        return told(datasets.updateDocument({ ...key, text: this.text(which + 10) }));
      case 'metadata':
        return told(datasets.updateDocument({ ...key, metadataJson: '{"year":2020}' }));
      case 'disable':
        return told(datasets.updateDocument({ ...key, enabled: which > 0 }));
      case 'delete':
        return told(datasets.deleteDocument(key));
      case 'chunk':
        return told(datasets.saveChunk({ ...key, chunkId: '', content: this.text(which) }));
      case 'model':
        this.models += 1;
        return told(datasets.updateDataset({ ...key, embeddingModel: `letters-${this.models}` }));
      case 'lists':
        return Promise.all([
          told(datasets.listDatasets({ ...firstPage, ...key })),
          told(datasets.listDocuments({ ...firstPage, ...key })),
          told(datasets.listChunks({ ...firstPage, ...key })),
          told(datasets.getDocument(key)),
        ]);
      case 'strange ids':
        return this.tries(other);
      case 'search': {
        const more = { ...settings({ method, top_k: 50 }), neighbours: 2, runId: randomUUID(), nodeKey: 'find' };
        return told(
          this.rig.search(this.tenantId, [this.datasetId], 'the same rules for all', {
            ...more,
            ...(condition && filter(condition)),
          }),
        );
      }
    }
  }

  /** In the end it finds what is its own. */
  async sees(): Promise<void> {
    await this.create(0);
    const { chunks } = await this.rig.search(this.tenantId, [this.datasetId], `rules of ${this.tenantId}`);
    expect(chunks.length).toBeGreaterThan(0);
    for (const { content } of chunks) expect(content).toContain(this.tenantId);
  }

  /** With the ids of another everything is as if they were nobody's; what it names itself does not count as seen. */
  private async tries(other: Owner): Promise<unknown> {
    const { datasets } = this.rig.retrieval.controllers;
    const [documentId = randomUUID()] = other.documents;
    const theirs = { tenantId: this.tenantId, datasetId: other.datasetId, documentId };
    const mixed = { ...theirs, datasetId: this.datasetId };
    const tried = [
      ...[datasets.getDataset(theirs), datasets.getDocument(theirs), datasets.getDocument(mixed)],
      ...[datasets.listDocuments({ ...firstPage, ...theirs }), datasets.listChunks({ ...firstPage, ...mixed })],
      ...[
        datasets.retryDocument(mixed),
        datasets.updateDocument({ ...mixed, text: 'x' }),
        datasets.deleteDocument(mixed),
      ],
      ...[this.rig.search(this.tenantId, [other.datasetId], 'rules')],
      ...[this.rig.search(this.tenantId, [this.datasetId, other.datasetId], 'rules')],
    ];
    const answers = await Promise.allSettled(tried);
    expect(answers.map(({ status }) => status)).toEqual(tried.map(() => 'rejected'));
    return [];
  }

  private async create(which: number): Promise<unknown> {
    const metadata = { year: 2020 + which };
    const name = `rules ${which}`;
    const document = await this.rig.document(this.tenantId, this.datasetId, name, this.text(which), metadata);
    this.documents.push(document.id);
    return this.rig.indexed(this.tenantId, document);
  }

  private text(number: number): string {
    const line = `The same rules ${number} for all, says ${this.tenantId}.`;
    return [line, line, line].join('\n\n');
  }
}

/** An answer or a refusal, as text would show it. */
const told = (answer: Promise<unknown>) => answer.catch((error: unknown) => (error as Error).message);
