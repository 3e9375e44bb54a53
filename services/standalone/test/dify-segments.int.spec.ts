import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contentsOf, DatasetCaller, type Told } from './dify/dataset-caller.js';
import { type DifyStack, startDifyStack } from './dify/dify-stack.js';

let stack: DifyStack;
let calls: DatasetCaller;
/** A credential of another workspace. */
let stranger: string;

const scopes = ['datasets:read', 'datasets:write'];

beforeAll(async () => {
  stack = await startDifyStack({ TREADLE_MAX_UPLOAD_BYTES: '20000', TREADLE_INDEX_POLL_MS: '50' });
  const { key } = await stack.native<{ key: string }>('POST', 'keys', { name: 'datasets', scopes });
  calls = new DatasetCaller(stack, key);
  stranger = await stack.stranger();
});
afterAll(() => stack?.stop());

const ask: DatasetCaller['ask'] = (...call) => calls.ask(...call);
const dataset: DatasetCaller['dataset'] = (...call) => calls.dataset(...call);
const text: DatasetCaller['text'] = (...call) => calls.text(...call);
const search: DatasetCaller['search'] = (...call) => calls.search(...call);

/** Where an answer is about one. */
const oneOf = (body: Told) => body.data as unknown as Told;

describe('segments', () => {
  it('are listed, added, changed and deleted', async () => {
    const id = await dataset();
    const document = await text(id, 'red fox');
    const at = `/datasets/${id}/documents/${document}/segments`;
    const added = await ask('POST', at, {
      segments: [
        { content: 'grey wolf', keywords: ['canine'] },
        { content: 'What is it?', answer: 'A bear.' },
      ],
    });
    expect([added.status, added.body]).toMatchObject([
      200,
      {
        doc_form: 'text_model',
        data: [
          { content: 'grey wolf', keywords: ['canine'], position: 2, status: 'completed', document_id: document },
          { content: 'What is it?', answer: 'A bear.', position: 3 },
        ],
      },
    ]);
    const [wolf, bear] = added.body.data as [Told, Told];
    expect((await ask('GET', `${at}?limit=2&page=2`)).body).toMatchObject({
      data: [{ id: bear.id }],
      total: 3,
      has_more: false,
    });
    expect((await ask('GET', `${at}?keyword=WOLF&status=completed`)).body).toMatchObject({
      data: [{ id: wolf.id }],
      total: 1,
    });
    expect((await ask('GET', `${at}?status=indexing&status=error`)).body).toMatchObject({ data: [], total: 0 });
    const segment = { content: 'white wolf', enabled: true, keywords: ['lupine'] };
    const changed = await ask('POST', `${at}/${wolf.id}`, { segment });
    expect(changed.body.data).toMatchObject({ ...segment, child_chunks: [], word_count: 10 });
    expect((await ask('GET', `${at}/${wolf.id}`)).body).toEqual(changed.body);
    expect(contentsOf(await search(id, 'lupine'))).toEqual(['white wolf']);
    await ask('POST', `${at}/${wolf.id}`, { segment: { enabled: false } });
    expect(await search(id, 'lupine')).toEqual([]);
    expect(await ask('DELETE', `${at}/${wolf.id}`)).toEqual({ status: 204, body: null });
    expect(await ask('GET', `${at}/${wolf.id}`)).toMatchObject({ status: 404, body: { code: 'not_found' } });
    expect(await ask('POST', at, { segments: [] })).toMatchObject({ status: 400, body: { params: 'segments' } });
  });

  it('have child chunks, by which they are found', async () => {
    const id = await dataset();
    const rules = {
      pre_processing_rules: [],
      segmentation: { separator: '\n\n', max_tokens: 500 },
      parent_mode: 'paragraph',
      subchunk_segmentation: { separator: '\n', max_tokens: 100 },
    };
    const nested = { doc_form: 'hierarchical_model', process_rule: { mode: 'hierarchical', rules } };
    const document = await text(id, 'the fox\nthe bear\n\nthe wolf\nthe owl', nested);
    const at = `/datasets/${id}/documents/${document}/segments`;
    const { body } = await ask('GET', at);
    expect(body).toMatchObject({
      doc_form: 'hierarchical_model',
      total: 2,
      data: [{ child_chunks: [{ content: 'the fox' }, { content: 'the bear' }] }, { child_chunks: [{}, {}] }],
    });
    expect((await ask('GET', `/datasets/${id}`)).body.doc_form).toBe('hierarchical_model');
    const [first, second] = body.data as [Told, Told];
    const [found] = await search(id, 'bear');
    expect(found).toMatchObject({
      segment: { id: first.id, content: first.content, document: { id: document, name: 'a text' } },
      child_chunks: [{ content: 'the bear', score: expect.any(Number) }],
      files: [],
    });
    const children = `${at}/${first.id}/child_chunks`;
    const added = await ask('POST', children, { content: 'the lynx' });
    expect([added.status, added.body.data]).toMatchObject([200, { content: 'the lynx', segment_id: first.id }]);
    const child = `${children}/${oneOf(added.body).id}`;
    expect((await ask('PATCH', child, { content: 'the hare' })).body.data).toMatchObject({ content: 'the hare' });
    expect((await ask('GET', `${children}?limit=2&page=2`)).body).toMatchObject({
      data: [{ content: 'the hare' }],
      total: 3,
      total_pages: 2,
    });
    expect(await search(id, 'hare')).toMatchObject([{ segment: { id: first.id } }]);
    expect(await ask('DELETE', child)).toEqual({ status: 204, body: null });
    expect(await search(id, 'hare')).toEqual([]);
    expect(await ask('GET', `${at}/${first.child_chunks[0]!.id}`)).toMatchObject({ status: 404 });
    const elsewhere = `${at}/${second.id}/child_chunks/${first.child_chunks[0]!.id}`;
    expect(await ask('PATCH', elsewhere, { content: 'x' })).toMatchObject({ status: 404 });
    const regenerate = { segment: { content: 'x', regenerate_child_chunks: true } };
    expect(await ask('POST', `${at}/${first.id}`, regenerate)).toMatchObject({ status: 400 });
  });
});

describe('keys', () => {
  it('of another workspace find nothing', async () => {
    const id = await dataset();
    const document = await text(id, 'ours');
    const [segment] = (await ask('GET', `/datasets/${id}/documents/${document}/segments`)).body.data as [Told];
    const at = `/datasets/${id}/documents/${document}`;
    const asked: [string, string, object?][] = [
      ['GET', `/datasets/${id}`],
      ['PATCH', `/datasets/${id}`, { name: 'stolen' }],
      ['DELETE', `/datasets/${id}`],
      ['POST', `/datasets/${id}/retrieve`, { query: 'ours' }],
      ['POST', `/datasets/${id}/document/create-by-text`, { name: 'x', text: 'y' }],
      ['GET', `/datasets/${id}/documents`],
      ['GET', at],
      ['GET', `${at}/indexing-status`],
      ['POST', `${at}/update-by-text`, { text: 'theirs' }],
      ['PATCH', `/datasets/${id}/documents/status/disable`, { document_ids: [document] }],
      ['DELETE', at],
      ['GET', `${at}/segments`],
      ['POST', `${at}/segments`, { segments: [{ content: 'x' }] }],
      ['GET', `${at}/segments/${segment.id}`],
      ['POST', `${at}/segments/${segment.id}`, { segment: { content: 'x' } }],
      ['DELETE', `${at}/segments/${segment.id}`],
      ['GET', `${at}/segments/${segment.id}/child_chunks`],
      ['POST', `${at}/segments/${segment.id}/child_chunks`, { content: 'x' }],
    ];
    for (const [method, path, body] of asked) {
      const { status, body: told } = await ask(method, path, body, stranger);
      expect([method, path, status, told.code]).toEqual([method, path, 404, 'not_found']);
    }
    expect((await ask('GET', '/datasets', undefined, stranger)).body).toMatchObject({ data: [], total: 0 });
    expect(contentsOf(await search(id, 'ours'))).toEqual(['ours']);
  });

  it('that are bound to a dataset are for that one alone', async () => {
    const [mine, other] = [await dataset(), await dataset()];
    const bound = await stack.native<{ key: string }>('POST', 'keys', { name: 'bound', scopes, dataset_id: mine });
    expect(await ask('GET', `/datasets/${mine}`, undefined, bound.key)).toMatchObject({ status: 200 });
    const create = { name: 'x', text: 'y' };
    expect(await ask('POST', `/datasets/${mine}/document/create-by-text`, create, bound.key)).toMatchObject({
      status: 200,
    });
    expect(await ask('GET', `/datasets/${other}`, undefined, bound.key)).toMatchObject({ status: 404 });
    expect(await ask('GET', '/datasets', undefined, bound.key)).toMatchObject({
      status: 403,
      body: { code: 'forbidden' },
    });
  });

  it('without the scope, or of an app, are not let in', async () => {
    const reader = await stack.native<{ key: string }>('POST', 'keys', { name: 'reader', scopes: ['datasets:read'] });
    expect(await ask('POST', '/datasets', { name: 'x' }, reader.key)).toMatchObject({
      status: 403,
      body: { code: 'forbidden' },
    });
    expect(await ask('GET', '/datasets', undefined, reader.key)).toMatchObject({ status: 200 });
    expect(await ask('GET', '/datasets', undefined, 'dataset-unknown')).toMatchObject({
      status: 401,
      body: { code: 'unauthorized' },
    });
  });
});
