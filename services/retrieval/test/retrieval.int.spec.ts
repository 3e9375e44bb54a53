import { randomUUID } from 'node:crypto';
import { FailureError } from '@treadle/failure';
import { type TestDatabase, testDatabase } from '@treadle/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { filter, firstPage, Rig, settings } from './rig.js';

let database: TestDatabase;
let rig: Rig;
const tenant = 'tenant-a';

beforeAll(async () => {
  database = await testDatabase();
  rig = new Rig(database.connectionString, {
    environment: { TREADLE_FILTER_TIMEOUT_MS: '300', TREADLE_VECTOR_STORE_TIMEOUT_MS: '20000' },
  });
  await rig.retrieval.start();
});

afterAll(async () => {
  await rig.stop();
  expect(rig.errors).toEqual([]);
  await database.drop();
});

const contents = (answer: { readonly chunks: readonly { readonly content: string }[] }) =>
  answer.chunks.map(({ content }) => content);
const name = () => `dataset ${randomUUID()}`;

describe('datasets', () => {
  it('indexes a text and finds it by meaning, by words and by both', async () => {
    const { id } = await rig.dataset(tenant, name(), { chunkingJson: JSON.stringify({ max_length: 40, overlap: 0 }) });
    const text =
      'The loom weaves cloth from yarn.\n\nA potter shapes clay on a wheel.\n\nSmiths forge iron with hammers.';
    const document = await rig.indexed(tenant, await rig.document(tenant, id, 'crafts', text));
    expect(document).toMatchObject({ chunks: 3, chunksCut: 3, chunksIndexed: 3, characters: text.length });
    for (const method of ['semantic', 'full_text', 'hybrid']) {
      const answer = await rig.search(tenant, [id], 'potter shapes clay on wheels', settings({ method, top_k: 1 }));
      expect([method, answer.degraded, ...contents(answer)]).toEqual([method, '', 'A potter shapes clay on a wheel.']);
      expect(answer.degraded).toBe('');
      expect(answer.chunks[0]).toMatchObject({ documentName: 'crafts', position: 2, datasetId: id });
      expect(answer.timings.map(({ stage }) => stage)).toContain('datasets');
    }
    const both = await rig.search(tenant, [id], 'potter clay wheel');
    expect(Object.keys(both.chunks[0]!.scores).sort()).toEqual(['full_text', 'fused', 'semantic']);
  });

  it('reranks, keeps to the threshold and brings neighbours', async () => {
    const { id } = await rig.dataset(tenant, name(), { chunkingJson: JSON.stringify({ max_length: 20, overlap: 0 }) });
    await rig.indexed(
      tenant,
      await rig.document(tenant, id, 'letters', 'aaa bbb ccc one\n\nddd eee fff two\n\nggg hhh iii three'),
    );
    const rerank = { provider: '', model: 'words' };
    const answer = await rig.search(tenant, [id], 'two eee fff', {
      ...settings({ rerank, score_threshold: 1 }),
      neighbours: 1,
    });
    expect(contents(answer)).toEqual(['ddd eee fff two']);
    expect(answer.chunks[0]?.scores['reranked']).toBe(3);
    expect(answer.chunks[0]?.neighbours.map(({ position }) => position)).toEqual([1, 3]);
  });

  it('answers with the whole for its parts', async () => {
    const chunking = { mode: 'parent_child', max_length: 50, child_max_length: 20, child_separators: ['. ', ' '] };
    const { id } = await rig.dataset(tenant, name(), { chunkingJson: JSON.stringify(chunking) });
    const paragraph = 'Weavers weave. Weavers wind. Weavers dye yarn.';
    await rig.indexed(tenant, await rig.document(tenant, id, 'family', `${paragraph}\n\nOther things here.`));
    const answer = await rig.search(tenant, [id], 'weavers');
    expect(answer.chunks.map(({ parent }) => parent?.content).filter((content) => content === paragraph)).toHaveLength(
      1,
    );
  });

  it('narrows by metadata, and names a field it does not know', async () => {
    const fields = { metadataFieldsJson: JSON.stringify({ year: 'number', kind: 'string' }) };
    const { id } = await rig.dataset(tenant, name(), fields);
    const old = await rig.document(tenant, id, 'old', 'the same words', { year: 1990, kind: 'report' });
    const recent = await rig.document(tenant, id, 'new', 'the same words', { year: 2020 });
    await Promise.all([rig.indexed(tenant, old), rig.indexed(tenant, recent)]);
    const named = async (...conditions: object[]) =>
      (await rig.search(tenant, [id], 'same words', filter(...conditions))).chunks
        .map(({ documentName }) => documentName)
        .sort();
    expect(await named({ field: 'year', operator: '>', value: 2000 })).toEqual(['new']);
    expect(await named({ field: 'kind', operator: 'empty' })).toEqual(['new']);
    expect(await named({ field: 'document_name', operator: 'start with', value: 'ol' })).toEqual(['old']);
    await expect(named({ field: 'colour', operator: 'is', value: 'red' })).rejects.toThrow(
      /no metadata field "colour"/,
    );
    await rig.datasets.updateDocument({
      tenantId: tenant,
      datasetId: id,
      documentId: recent.id,
      metadataJson: '{"year":1980}',
    });
    expect(await named({ field: 'year', operator: '>', value: 2000 })).toEqual([]);
  });

  it('narrows by what a model makes of the query, and goes on without where it makes nothing', async () => {
    const fields = { metadataFieldsJson: JSON.stringify({ year: 'number' }) };
    const { id } = await rig.dataset(tenant, name(), fields);
    const old = await rig.document(tenant, id, 'old', 'the same words', { year: 1990 });
    const recent = await rig.document(tenant, id, 'new', 'the same words', { year: 2020 });
    await Promise.all([rig.indexed(tenant, old), rig.indexed(tenant, recent)]);
    const filterModel = { provider: 'p', model: 'chat' };
    const found = async (query: string, says: string | Error | undefined) => {
      rig.models.says = says;
      const answer = await rig.search(tenant, [id], query, { filterModel, runId: 'run-1', nodeKey: 'node' });
      const names = answer.chunks.map(({ documentName }) => documentName).sort();
      return { ...answer, names };
    };
    const conditions = [
      { field: 'year', operator: '>', value: 2000 },
      { field: 'colour', operator: 'is', value: 'red' },
    ];
    const narrowed = await found('same words since 2000', JSON.stringify({ logic: 'and', conditions }));
    expect(narrowed).toMatchObject({ names: ['new'], degraded: '', notes: [expect.stringMatching(/field "colour"/)] });
    expect(JSON.parse(narrowed.filterJson)).toEqual({ logic: 'and', conditions: conditions.slice(0, 1) });
    expect(narrowed.timings.map(({ stage }) => stage)).toContain('filter');
    expect(rig.models.questions.at(-1)).toMatchObject({
      ...{ tenantId: tenant, model: filterModel, runId: 'run-1', nodeKey: 'node' },
      responseFormat: { type: 'json_schema', strict: true },
    });
    const away = await found('same words', FailureError.of('unavailable', 'The provider is away.'));
    expect(away).toMatchObject({ names: ['new', 'old'], filterJson: '' });
    expect(away.degraded).toMatch(/All documents were searched.*The provider is away/);
    expect((await found('the same words', 'No idea.')).degraded).toMatch(/something else than conditions/);
    const silent = await found('words that are the same', undefined);
    expect(silent).toMatchObject({ names: ['new', 'old'] });
    expect(silent.degraded).toMatch(/did not answer within 300 ms/);
    const asked = rig.models.questions.length;
    const { settingsJson } = settings({ filter_model: filterModel });
    const manual = filter({ field: 'year', operator: '<', value: 2000 });
    expect((await rig.search(tenant, [id], 'same', { settingsJson: settingsJson!, ...manual })).chunks).toHaveLength(1);
    expect(rig.models.questions).toHaveLength(asked);
    rig.models.says = '{"conditions":[]}';
    expect((await rig.search(tenant, [id], 'same', { settingsJson: settingsJson! })).chunks).toHaveLength(2);
    expect(rig.models.questions).toHaveLength(asked + 1);
  });

  it('disables, archives, changes and deletes documents and chunks at once', async () => {
    const { id } = await rig.dataset(tenant, name());
    const document = await rig.indexed(tenant, await rig.document(tenant, id, 'one', 'quick brown fox'));
    const key = { tenantId: tenant, datasetId: id, documentId: document.id, parentId: '' };
    const found = async () => contents(await rig.search(tenant, [id], 'quick fox wolf')).sort();
    expect(await found()).toEqual(['quick brown fox']);
    await rig.datasets.updateDocument({ ...key, enabled: false });
    expect(await found()).toEqual([]);
    await rig.datasets.updateDocument({ ...key, enabled: true, archived: true });
    expect(await found()).toEqual([]);
    await rig.datasets.updateDocument({ ...key, archived: false });
    const { chunk } = await rig.datasets.saveChunk({ ...key, chunkId: '', content: 'grey wolf' });
    expect(chunk).toMatchObject({ position: 2, enabled: true });
    expect(await found()).toEqual(['grey wolf', 'quick brown fox']);
    await rig.datasets.saveChunk({ ...key, chunkId: chunk!.id, content: 'white wolf' });
    expect(await found()).toEqual(['quick brown fox', 'white wolf']);
    await rig.datasets.saveChunk({ ...key, chunkId: chunk!.id, enabled: false });
    expect(await found()).toEqual(['quick brown fox']);
    await rig.datasets.deleteChunk({ ...key, chunkId: chunk!.id });
    await rig.datasets.updateDocument({ ...key, text: 'slow fox' });
    await vi.waitFor(async () => expect(await found()).toEqual(['slow fox']), { timeout: 20_000 });
    await rig.datasets.deleteDocument(key);
    expect(await found()).toEqual([]);
    await expect(rig.datasets.getDocument(key)).rejects.toThrow(/no document/);
  });

  it('indexes anew beside the index that serves, with an answer at every moment', async () => {
    const { id } = await rig.dataset(tenant, name(), { chunkingJson: JSON.stringify({ max_length: 1000 }) });
    const documents = await Promise.all(
      Array.from({ length: 5 }, (_, place) =>
        rig.document(tenant, id, `d${place}`, `weaver number ${place}. `.repeat(20)),
      ),
    );
    for (const document of documents) await rig.indexed(tenant, document);
    await rig.datasets.updateDataset({
      tenantId: tenant,
      datasetId: id,
      chunkingJson: JSON.stringify({ max_length: 50, overlap: 0 }),
    });
    for (let reindexing = true; reindexing; ) {
      const answer = await rig.search(tenant, [id], 'weaver number', settings({ top_k: 100 }));
      expect(new Set(answer.chunks.map(({ documentId }) => documentId)).size).toBe(5);
      reindexing = (await rig.datasets.getDataset({ tenantId: tenant, datasetId: id })).dataset!.reindexing;
    }
    const { dataset } = await rig.datasets.getDataset({ tenantId: tenant, datasetId: id });
    expect(dataset?.chunks).toBeGreaterThan(40);
    await rig.datasets.updateDataset({ tenantId: tenant, datasetId: id, embeddingModel: 'letters-2' });
    await vi.waitFor(async () => {
      const { dataset: after } = await rig.datasets.getDataset({ tenantId: tenant, datasetId: id });
      expect(after).toMatchObject({ reindexing: false, chunks: dataset?.chunks, embeddingModel: 'letters-2' });
    });
  });

  it('refuses what is wrong, and says what', async () => {
    const { id } = await rig.dataset(tenant, 'taken');
    await expect(rig.dataset(tenant, 'taken')).rejects.toThrow(/a dataset "taken" already/);
    await expect(rig.document(tenant, id, 'empty', ' \n ')).rejects.toThrow(/is empty/);
    await expect(rig.document(tenant, id, 'long', 'x'.repeat(20_000_001))).rejects.toThrow(
      /20000001 characters, where 20000000/,
    );
    await expect(rig.search(tenant, [id], 'x'.repeat(1_000_000))).rejects.toThrow(/where 10000 are allowed/);
    await expect(rig.search(tenant, [randomUUID()], 'x')).rejects.toThrow(/no dataset/);
    await expect(rig.search(tenant, ['../x'], 'x')).rejects.toThrow(/no dataset/);
    await expect(rig.search(tenant, [id], 'x', settings({ top_k: 0 }))).rejects.toThrow(/settings.top_k/);
    await expect(rig.document(tenant, id, 'meta', 'text', { unknown: 1 })).rejects.toThrow(
      /no metadata field "unknown"/,
    );
    await expect(rig.dataset(tenant, name(), { chunkingJson: '{"max_length":1}' })).rejects.toThrow(
      /chunking.max_length/,
    );
  });

  it('says in the status why a document cannot be indexed', async () => {
    const { id } = await rig.dataset(tenant, name(), { chunkingJson: JSON.stringify({ mode: 'question_answer' }) });
    const document = await rig.indexed(tenant, await rig.document(tenant, id, 'no questions', 'Just a text.'), 'error');
    expect(document.error).toMatch(/no questions with answers/);
    const good = await rig.document(tenant, id, 'questions', 'Q: What weaves?\nA: The loom.');
    await rig.indexed(tenant, good);
    const [chunk] = (await rig.search(tenant, [id], 'what weaves')).chunks;
    expect(chunk).toMatchObject({ content: 'What weaves?', answer: 'The loom.' });
  });

  it('pages through lists', async () => {
    const owner = randomUUID();
    for (let place = 0; place < 5; place += 1) await rig.dataset(owner, `n${place}`);
    const names: string[] = [];
    let cursor = '';
    do {
      const page = await rig.datasets.listDatasets({ ...firstPage, tenantId: owner, cursor, limit: 2 });
      names.push(...page.datasets.map((dataset) => dataset.name));
      cursor = page.nextCursor;
    } while (cursor);
    expect(names).toEqual(['n4', 'n3', 'n2', 'n1', 'n0']);
    expect((await rig.datasets.listDatasets({ ...firstPage, tenantId: owner, keyword: 'N3' })).datasets).toHaveLength(
      1,
    );
    const second = await rig.datasets.listDatasets({ ...firstPage, tenantId: owner, limit: 2, page: 2 });
    expect([second.datasets.map((dataset) => dataset.name), second.total]).toEqual([['n2', 'n1'], 5]);
  });

  it('makes parts of a chunk, which is then found by them', async () => {
    const { id: datasetId } = await rig.dataset(tenant, name());
    const document = await rig.indexed(tenant, await rig.document(tenant, datasetId, 'one', 'quick brown fox'));
    const key = { tenantId: tenant, datasetId, documentId: document.id };
    const list = async (more: object) => rig.datasets.listChunks({ ...firstPage, ...key, ...more });
    const [whole] = (await list({})).chunks;
    const { chunk } = await rig.datasets.saveChunk({ ...key, parentId: whole!.id, chunkId: '', content: 'grey wolf' });
    const more = { ...key, parentId: chunk!.id, chunkId: '', content: 'x' };
    await expect(rig.datasets.saveChunk(more)).rejects.toThrow(/no parts of its own/);
    const { chunks } = await rig.search(tenant, [datasetId], 'quick fox wolf');
    expect(chunks).toMatchObject([
      { content: 'grey wolf', parent: { chunkId: whole!.id, content: 'quick brown fox' } },
    ]);
    expect((await list({ parentIds: [whole!.id], page: 1 })).total).toBe(1);
    expect((await list({ wholesOnly: true })).chunks.map(({ id }) => id)).toEqual([whole!.id]);
    expect((await list({ keyword: 'WOLF' })).chunks.map(({ id }) => id)).toEqual([chunk!.id]);
    expect((await rig.datasets.getChunk({ ...key, chunkId: chunk!.id })).chunk).toEqual(chunk);
  });

  it('cuts a document its own way, and gives back its text', async () => {
    const dataset = await rig.dataset(tenant, name(), { wordsOnly: true });
    expect(dataset.embeddingModel).toBe('');
    const text = 'quick brown fox\n\nslow grey wolf';
    const plain = await rig.indexed(tenant, await rig.document(tenant, dataset.id, 'one', text));
    expect([plain.chunks, plain.chunkingJson]).toEqual([1, '']);
    const key = { tenantId: tenant, datasetId: dataset.id, documentId: plain.id };
    await rig.datasets.updateDocument({ ...key, chunkingJson: '{"max_length":20,"overlap":0}' });
    const own = await rig.indexed(tenant, plain);
    expect([own.chunks, JSON.parse(own.chunkingJson)]).toMatchObject([2, { max_length: 20 }]);
    expect(await rig.datasets.readDocumentText({ ...key, part: 0 })).toEqual({ content: text, nextPart: 0 });
    await rig.datasets.updateDocument({ ...key, chunkingJson: '' });
    expect((await rig.indexed(tenant, plain)).chunks).toBe(1);
    const of = { ...firstPage, tenantId: tenant, datasetId: dataset.id };
    expect((await rig.datasets.listDocuments({ ...of, statuses: ['error'] })).documents).toEqual([]);
    const { total } = await rig.datasets.listDocuments({ ...of, page: 1, statuses: ['completed'], enabled: true });
    const { dataset: now } = await rig.datasets.getDataset(key);
    expect([total, now?.characters, now?.availableDocuments]).toEqual([1, text.length, 1]);
  });
});
