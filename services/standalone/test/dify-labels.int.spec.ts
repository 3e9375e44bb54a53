import { randomUUID } from 'node:crypto';
import JSZip from 'jszip';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contentsOf, DatasetCaller, type Told } from './dify/dataset-caller.js';
import { type DifyStack, startDifyStack } from './dify/dify-stack.js';

let stack: DifyStack;
let calls: DatasetCaller;
let stranger: string;
let key: string;

beforeAll(async () => {
  stack = await startDifyStack({ TREADLE_INDEX_POLL_MS: '50' });
  const scopes = ['datasets:read', 'datasets:write'];
  ({ key } = await stack.native<{ key: string }>('POST', 'keys', { name: 'datasets', scopes }));
  calls = new DatasetCaller(stack, key);
  stranger = await stack.stranger();
});
afterAll(() => stack?.stop());

const ask: DatasetCaller['ask'] = (...call) => calls.ask(...call);
const listOf = (body: Told) => body as unknown as readonly Told[];

describe('tags', () => {
  it('are made, put on datasets, taken off, renamed and deleted', async () => {
    const [id, other] = [await calls.dataset(), await calls.dataset()];
    const made = await ask('POST', '/datasets/tags', { name: 'weaving' });
    expect([made.status, made.body]).toMatchObject([200, { name: 'weaving', type: 'knowledge', binding_count: '0' }]);
    const tag = made.body.id;
    const bound = { tag_ids: [tag], target_id: id };
    expect(await ask('POST', '/datasets/tags/binding', bound)).toEqual({ status: 204, body: null });
    await ask('POST', '/datasets/tags/binding', bound);
    expect((await ask('GET', '/datasets/tags')).body).toMatchObject([{ id: tag, binding_count: '1' }]);
    expect((await ask('GET', `/datasets/${id}/tags`)).body).toEqual({ data: [{ id: tag, name: 'weaving' }], total: 1 });
    expect((await ask('GET', `/datasets/${other}/tags`)).body).toEqual({ data: [], total: 0 });
    const tagged = (await ask('GET', `/datasets?tag_ids=${tag}&tag_ids=${randomUUID()}`)).body;
    expect(tagged).toMatchObject({ data: [{ id, tags: [{ id: tag, name: 'weaving' }] }], total: 1 });
    expect((await ask('GET', '/datasets?tag_ids=none')).body).toMatchObject({ data: [], total: 0 });
    const renamed = await ask('PATCH', '/datasets/tags', { tag_id: tag, name: 'spinning' });
    expect([renamed.status, renamed.body]).toMatchObject([200, { id: tag, name: 'spinning' }]);
    const taken = await ask('POST', '/datasets/tags', { name: 'spinning' });
    expect([taken.status, taken.body]).toMatchObject([400, { code: 'invalid_param', params: 'name' }]);
    await ask('POST', '/datasets/tags/unbinding', { tag_id: tag, target_id: id });
    expect((await ask('GET', `/datasets/${id}/tags`)).body.total).toBe(0);
    expect(await ask('DELETE', '/datasets/tags', { tag_id: tag })).toEqual({ status: 204, body: null });
    expect(listOf((await ask('GET', '/datasets/tags')).body)).toEqual([]);
  });

  it('are the labels of the native API', async () => {
    const native = async (method: string, path: string, body?: object, credential = key) => {
      const headers = { authorization: `Bearer ${credential}`, 'content-type': 'application/json' };
      const sent = body && { body: JSON.stringify(body) };
      const reply = await fetch(new URL(`/api/v1/${path}`, stack.baseUrl), { method, headers, ...sent });
      return { status: reply.status, body: (reply.status === 204 ? {} : await reply.json()) as Told };
    };
    const dataset = await calls.dataset();
    const [b, a] = [await native('POST', 'labels', { name: 'b' }), await native('POST', 'labels', { name: 'a' })];
    expect([b.status, b.body]).toMatchObject([201, { name: 'b', dataset_ids: [] }]);
    expect((await native('POST', 'labels', { name: 'a' })).status).toBe(409);
    expect((await native('PUT', `datasets/${dataset}/labels/${b.body.id}`)).status).toBe(204);
    expect((await ask('GET', `/datasets/${dataset}/tags`)).body).toMatchObject({ data: [{ name: 'b' }] });
    const first = (await native('GET', 'labels?limit=1')).body as Told & { readonly next_cursor: string };
    expect(first).toMatchObject({ items: [{ id: a.body.id, dataset_ids: [] }], next_cursor: 'a' });
    const rest = (await native('GET', `labels?cursor=${first.next_cursor}`)).body;
    expect(rest).toMatchObject({ items: [{ id: b.body.id, dataset_ids: [dataset] }], next_cursor: null });
    expect((await native('GET', `labels?dataset_id=${dataset}`)).body).toMatchObject({ items: [{ name: 'b' }] });
    const renamed = await native('PATCH', `labels/${b.body.id}`, { name: 'c' });
    expect([renamed.status, renamed.body]).toMatchObject([200, { name: 'c', dataset_ids: [dataset] }]);
    const refused = [
      await native('PATCH', `labels/${b.body.id}`, { name: 'theirs' }, stranger),
      await native('DELETE', `labels/${b.body.id}`, undefined, stranger),
      await native('PUT', `datasets/${dataset}/labels/${a.body.id}`, undefined, stranger),
    ];
    expect(refused.map(({ status }) => status)).toEqual([404, 404, 404]);
    expect((await native('DELETE', `datasets/${dataset}/labels/${b.body.id}`)).status).toBe(204);
    expect((await ask('GET', `/datasets/${dataset}/tags`)).body).toMatchObject({ total: 0 });
    for (const { body } of [a, b]) expect((await native('DELETE', `labels/${body.id}`)).status).toBe(204);
    expect((await native('GET', 'labels')).body).toEqual({ items: [], next_cursor: null });
  });

  it('of another workspace are not there', async () => {
    const id = await calls.dataset();
    const { body } = await ask('POST', '/datasets/tags', { name: 'ours' });
    const tried = [
      await ask('PATCH', '/datasets/tags', { tag_id: body.id, name: 'theirs' }, stranger),
      await ask('DELETE', '/datasets/tags', { tag_id: body.id }, stranger),
      await ask('POST', '/datasets/tags/binding', { tag_ids: [body.id], target_id: id }, stranger),
      await ask('POST', '/datasets/tags/unbinding', { tag_ids: [body.id], target_id: id }, stranger),
      await ask('GET', `/datasets/${id}/tags`, undefined, stranger),
      await ask('POST', '/datasets/tags/binding', { tag_ids: [randomUUID()], target_id: id }),
    ];
    expect(tried.map(({ status }) => status)).toEqual(tried.map(() => 404));
    expect(listOf((await ask('GET', '/datasets/tags', undefined, stranger)).body)).toEqual([]);
  });
});

describe('metadata', () => {
  it('has fields, which documents have values for and searches narrow by', async () => {
    const id = await calls.dataset();
    const [old, young] = [await calls.text(id, 'an old loom'), await calls.text(id, 'a young loom')];
    const at = `/datasets/${id}/metadata`;
    const made = await ask('POST', at, { type: 'number', name: 'year' });
    expect([made.status, made.body]).toMatchObject([201, { name: 'year', type: 'number' }]);
    const field = made.body.id;
    expect(await ask('POST', at, { type: 'string', name: 'year' })).toMatchObject({
      status: 400,
      body: { params: 'name' },
    });
    const operation = (document_id: string, value: number, more: object = {}) => ({
      ...{ document_id, metadata_list: [{ id: field, name: 'year', value }] },
      ...more,
    });
    const operation_data = [operation(old, 1801), operation(young, 2001, { partial_update: true })];
    expect((await ask('POST', `/datasets/${id}/documents/metadata`, { operation_data })).body).toEqual({
      result: 'success',
    });
    const model = (name: string) => ({
      metadata_filtering_conditions: { conditions: [{ name, comparison_operator: '<', value: 1900 }] },
    });
    expect(contentsOf(await calls.search(id, 'loom', model('year')))).toEqual(['an old loom']);

    const renamed = await ask('PATCH', `${at}/${field}`, { name: 'built' });
    expect([renamed.status, renamed.body]).toMatchObject([200, { id: field, name: 'built', type: 'number' }]);
    expect((await ask('GET', at)).body).toEqual({
      doc_metadata: [{ id: field, name: 'built', type: 'number', count: 2 }],
      built_in_field_enabled: false,
    });
    expect(contentsOf(await calls.search(id, 'loom', model('built')))).toEqual(['an old loom']);
    const read = (await ask('GET', `/datasets/${id}/documents/${old}?metadata=only`)).body;
    expect(read).toEqual({
      id: old,
      doc_type: null,
      doc_metadata: [{ id: field, name: 'built', type: 'number', value: 1801 }],
    });
    expect((await ask('GET', `/datasets/${id}/documents/${old}?metadata=without`)).body).not.toHaveProperty(
      'doc_metadata',
    );
    expect((await ask('GET', `/datasets/${id}`)).body).toMatchObject({ doc_metadata: [{ id: field, name: 'built' }] });

    expect((await ask('GET', `${at}/built-in`)).body.fields.map(({ name }) => name)).toContain('document_name');
    expect((await ask('POST', `${at}/built-in/enable`)).body).toEqual({ result: 'success' });
    expect((await ask('GET', `/datasets/${id}/documents/${old}`)).body).toMatchObject({
      doc_metadata: expect.arrayContaining([
        { id: 'built-in', name: 'document_name', type: 'string', value: 'a text' },
      ]),
    });
    await ask('POST', `${at}/built-in/disable`);
    expect(await ask('POST', `${at}/built-in/burn`)).toMatchObject({ status: 400, body: { params: 'action' } });

    expect(await ask('PATCH', `${at}/${randomUUID()}`, { name: 'x' })).toMatchObject({ status: 404 });
    expect(await ask('GET', at, undefined, stranger)).toMatchObject({ status: 404 });
    expect(await ask('DELETE', `${at}/${field}`, undefined, stranger)).toMatchObject({ status: 404 });
    expect(await ask('DELETE', `${at}/${field}`)).toEqual({ status: 204, body: null });
    expect((await ask('GET', `/datasets/${id}/documents/${old}`)).body).toMatchObject({ doc_metadata: [] });
  });
});

describe('what documents were made of', () => {
  it('is given back: the file as it was sent, or the text', async () => {
    const id = await calls.dataset();
    const text = await calls.text(id, 'The shuttle flies.');
    const sent = await calls.sendForm(`/datasets/${id}/document/create-by-file`, new Blob(['# Reed']), 'reed.md');
    const got = async (document: string) => {
      const { body } = await ask('GET', `/datasets/${id}/documents/${document}/download`);
      const { url } = body as unknown as { url: string };
      const reply = await stack.send(calls.key, 'GET', url.slice(url.indexOf('/v1/') + 3));
      return [reply.status, reply.headers.get('content-disposition'), await reply.text()];
    };
    expect(await got(text)).toEqual([200, expect.stringContaining('a%20text.txt'), 'The shuttle flies.']);
    expect(await got(sent.body.document.id)).toEqual([200, expect.stringContaining('reed.md'), '# Reed']);
    for (const path of ['download', 'file'])
      expect(await ask('GET', `/datasets/${id}/documents/${text}/${path}`, undefined, stranger)).toMatchObject({
        status: 404,
      });
  });
});

describe('several documents', () => {
  it('come packed together, those of one name told apart', async () => {
    const id = await calls.dataset();
    const texts = [await calls.text(id, 'The shuttle flies.'), await calls.text(id, 'The reed beats.')];
    const reply = await stack.send(calls.key, 'POST', `/datasets/${id}/documents/download-zip`, {
      document_ids: [...texts, texts[0]],
    });
    expect([reply.status, reply.headers.get('content-type')]).toEqual([200, 'application/zip']);
    const { files } = await JSZip.loadAsync(await reply.arrayBuffer());
    const content = Object.fromEntries(
      await Promise.all(Object.values(files).map(async (file) => [file.name, await file.async('string')])),
    );
    expect(content).toEqual({ 'a text.txt': 'The shuttle flies.', 'a text (2).txt': 'The reed beats.' });
  });

  it('are not packed when one of them is not there, or is of somebody else', async () => {
    const id = await calls.dataset();
    const path = `/datasets/${id}/documents/download-zip`;
    const text = await calls.text(id, 'The shuttle flies.');
    expect(await ask('POST', path, { document_ids: [text, id] })).toMatchObject({ status: 404 });
    expect(await ask('POST', path, { document_ids: [text] }, stranger)).toMatchObject({ status: 404 });
    expect(await ask('POST', path, { document_ids: [] })).toMatchObject({ status: 400 });
  });
});

it.each([
  ['GET', 'pipeline/datasource-plugins'],
  ['POST', 'pipeline/run'],
  ['POST', 'pipeline/datasource/nodes/one/run'],
])('there are no pipelines: %s %s', async (method, path) => {
  const id = await calls.dataset();
  const refused = await ask(method, `/datasets/${id}/${path}`, method === 'POST' ? {} : undefined);
  expect([refused.status, refused.body.code]).toEqual([400, 'bad_request']);
});
