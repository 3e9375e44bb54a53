import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, contentsOf, DatasetCaller } from './dify/dataset-caller.js';
import { type DifyStack, startDifyStack } from './dify/dify-stack.js';

let stack: DifyStack;
let calls: DatasetCaller;

const scopes = ['datasets:read', 'datasets:write'];

beforeAll(async () => {
  stack = await startDifyStack({ TREADLE_MAX_UPLOAD_BYTES: '20000', TREADLE_INDEX_POLL_MS: '50' });
  const { key } = await stack.native<{ key: string }>('POST', 'keys', { name: 'datasets', scopes });
  calls = new DatasetCaller(stack, key);
});
afterAll(() => stack?.stop());

const ask: DatasetCaller['ask'] = (...call) => calls.ask(...call);
const dataset: DatasetCaller['dataset'] = (...call) => calls.dataset(...call);
const indexed: DatasetCaller['indexed'] = (...call) => calls.indexed(...call);
const sendForm: DatasetCaller['sendForm'] = (...call) => calls.sendForm(...call);
const text: DatasetCaller['text'] = (...call) => calls.text(...call);
const search: DatasetCaller['search'] = (...call) => calls.search(...call);

describe('datasets', () => {
  it('are made, read, changed, listed and deleted', async () => {
    const made = await ask('POST', '/datasets', {
      name: 'Looms',
      description: 'All of them.',
      indexing_technique: 'high_quality',
      permission: 'only_me',
      provider: 'vendor',
      embedding_model: 'small',
      embedding_model_provider: 'langgenius/openai/openai',
      retrieval_model: {
        search_method: 'hybrid_search',
        reranking_enable: false,
        weights: { weight_type: 'customized', vector_setting: { vector_weight: 0.7 } },
        top_k: 7,
        score_threshold_enabled: true,
        score_threshold: 0.25,
      },
      something_new: { of: 'Dify' },
    });
    expect([made.status, made.body]).toMatchObject([
      200,
      {
        name: 'Looms',
        description: 'All of them.',
        indexing_technique: 'high_quality',
        embedding_model: 'small',
        embedding_model_provider: 'openai',
        doc_form: 'text_model',
        document_count: 0,
        created_at: expect.any(Number),
        retrieval_model_dict: {
          search_method: 'hybrid_search',
          reranking_enable: false,
          weights: { vector_setting: { vector_weight: 0.7 }, keyword_setting: { keyword_weight: 0.3 } },
          top_k: 7,
          score_threshold_enabled: true,
          score_threshold: 0.25,
        },
      },
    ]);
    const { id } = made.body;
    expect(await ask('GET', `/datasets/${id}`)).toEqual({ status: 200, body: made.body });
    const changed = await ask('PATCH', `/datasets/${id}`, {
      name: 'Weaving',
      indexing_technique: 'economy',
      retrieval_model: {
        score_threshold_enabled: false,
        reranking_enable: true,
        reranking_model: { reranking_model_name: 'r' },
      },
    });
    expect(changed.body).toMatchObject({
      name: 'Weaving',
      description: 'All of them.',
      indexing_technique: 'economy',
      embedding_model: null,
      retrieval_model_dict: {
        search_method: 'full_text_search',
        top_k: 7,
        score_threshold_enabled: false,
        reranking_model: { reranking_model_name: 'r' },
      },
    });
    const found = await ask('GET', '/datasets?keyword=weav&limit=500&include_all=true');
    expect(found.body).toMatchObject({ data: [{ id }], total: 1, page: 1, limit: 100, has_more: false });
    expect(await ask('DELETE', `/datasets/${id}`)).toEqual({ status: 204, body: null });
    expect(await ask('GET', `/datasets/${id}`)).toMatchObject({
      status: 404,
      body: { code: 'not_found', status: 404 },
    });
  });

  it('are paged by number', async () => {
    const ids = [await dataset(), await dataset(), await dataset()].reverse();
    const first = (await ask('GET', '/datasets?limit=2')).body;
    const second = (await ask('GET', '/datasets?limit=2&page=2')).body;
    expect([first.has_more, first.data.map(({ id }) => id)]).toEqual([true, ids.slice(0, 2)]);
    expect([second.page, second.total, second.data[0]?.id]).toEqual([2, first.total, ids[2]]);
  });

  it.each([
    ['a name that is taken', { name: 'taken' }, { code: 'dataset_name_duplicate', status: 409 }],
    ['no name', {}, { code: 'invalid_param', status: 400, params: 'name' }],
    ['a technique of its own', { name: 'x', indexing_technique: 'best' }, { params: 'indexing_technique' }],
    ['knowledge elsewhere', { name: 'x', provider: 'external' }, { params: 'provider' }],
    ['a wrong threshold', { name: 'x', retrieval_model: { top_k: 0 } }, { params: 'retrieval_model.top_k' }],
  ])('are refused with %s', async (_, body, problem) => {
    await ask('POST', '/datasets', { name: 'taken' });
    const refused = await ask('POST', '/datasets', body);
    expect(refused.body).toMatchObject({ message: expect.any(String), ...problem });
    expect(refused.status).toBe(refused.body.status);
  });
});

describe('documents', () => {
  it('are made of texts, in both spellings, with what their dataset is to be', async () => {
    const id = await dataset();
    const rules = {
      pre_processing_rules: [
        { id: 'remove_extra_spaces', enabled: true },
        { id: 'remove_urls_emails', enabled: false },
      ],
      segmentation: { separator: '###', max_tokens: 500, chunk_overlap: 0 },
    };
    const process_rule = { mode: 'custom', rules };
    const given = { indexing_technique: 'economy', doc_form: 'text_model', doc_language: 'English', process_rule };
    const made = await ask('POST', `/datasets/${id}/document/create-by-text`, {
      name: 'looms.txt',
      text: 'A loom weaves.###Yarn is spun.',
      ...given,
    });
    expect([made.status, made.body]).toMatchObject([
      200,
      {
        batch: made.body.document.id,
        document: {
          name: 'looms.txt',
          data_source_type: 'upload_file',
          doc_form: 'text_model',
          enabled: true,
          error: null,
        },
      },
    ]);
    const { batch } = made.body;
    expect(await indexed(id, batch)).toMatchObject({ completed_segments: 2, total_segments: 2, error: null });
    const read = await ask('GET', `/datasets/${id}/documents/${batch}`);
    expect(read.body).toMatchObject({
      display_status: 'available',
      segment_count: 2,
      dataset_process_rule: process_rule,
      document_process_rule: process_rule,
    });
    expect(contentsOf(await search(id, 'yarn'))).toEqual(['Yarn is spun.']);
    // Another way of cutting is the document's own.
    const other = { ...process_rule, rules: { ...rules, segmentation: { separator: '\\n', max_tokens: 500 } } };
    const second = await text(id, 'First line.\nSecond line.\nThird.', { process_rule: other });
    const { body } = await ask('GET', `/datasets/${id}/documents/${second}`);
    expect(body).toMatchObject({ segment_count: 3, dataset_process_rule: process_rule });
    expect(body.document_process_rule.rules.segmentation).toMatchObject({ separator: '\n', max_tokens: 500 });
    expect((await ask('GET', `/datasets/${id}`)).body).toMatchObject({
      document_count: 2,
      total_available_documents: 2,
    });
  });

  it('are updated, listed, disabled, archived and deleted', async () => {
    const id = await dataset();
    const [one, two] = [await text(id, 'grey wolf'), await text(id, 'red fox')];
    const at = `/datasets/${id}/documents`;
    const updated = await ask('POST', `${at}/${one}/update-by-text`, { name: 'bears', text: 'brown bear' });
    expect([updated.status, updated.body]).toMatchObject([200, { batch: one, document: { id: one, name: 'bears' } }]);
    await indexed(id, one);
    await ask('POST', `${at}/${one}/update_by_text`, { name: 'a bear' });
    expect(contentsOf(await search(id, 'bear'))).toEqual(['brown bear']);
    expect(await search(id, 'wolf')).toEqual([]);
    const listed = (await ask('GET', `${at}?keyword=BEAR`)).body;
    expect(listed).toMatchObject({ data: [{ id: one, name: 'a bear' }], total: 1, has_more: false });

    const set = (action: string, ids = [one, two]) => ask('PATCH', `${at}/status/${action}`, { document_ids: ids });
    const shown = async (status: string) => (await ask('GET', `${at}?status=${status}`)).body.total;
    expect(await set('disable')).toEqual({ status: 200, body: { result: 'success' } });
    expect([await search(id, 'bear fox'), await shown('disabled'), await shown('available')]).toEqual([[], 2, 0]);
    await set('enable');
    await set('archive', [two]);
    expect([await shown('archived'), await shown('available')]).toEqual([1, 1]);
    await set('un_archive', [two]);
    expect(contentsOf(await search(id, 'fox'))).toEqual(['red fox']);
    expect(await set('burn')).toMatchObject({ status: 400, body: { code: 'invalid_param', params: 'action' } });
    expect(await set('disable', [one, randomUUID()])).toMatchObject({ status: 404 });
    expect(contentsOf(await search(id, 'bear'))).toEqual(['brown bear']);

    expect(await ask('DELETE', `${at}/${one}`)).toEqual({ status: 204, body: null });
    expect(await ask('GET', `${at}/${one}`)).toMatchObject({ status: 404, body: { code: 'not_found' } });
    expect(await ask('GET', `${at}/${one}/indexing-status`)).toMatchObject({ status: 404 });
  });

  it('are made of files, in both spellings', async () => {
    const id = await dataset();
    const file = new Blob(['# Looms\n\nThe shuttle flies.'], { type: 'text/markdown' });
    const process_rule = { mode: 'automatic' };
    const made = await sendForm(`/datasets/${id}/document/create_by_file`, file, 'looms.md', { process_rule });
    expect([made.status, made.body]).toMatchObject([200, { document: { name: 'looms.md' } }]);
    const { batch } = made.body;
    await indexed(id, batch);
    expect(contentsOf(await search(id, 'shuttle'))).toEqual([expect.stringContaining('The shuttle flies.')]);
    const again = `/datasets/${id}/documents/${batch}`;
    const newer = new Blob(['The heddle lifts.']);
    expect((await sendForm(`${again}/update-by-file`, newer, 'new.txt', { name: 'heddles' })).body).toMatchObject({
      document: { id: batch, name: 'heddles' },
    });
    await indexed(id, batch);
    expect(contentsOf(await search(id, 'heddle shuttle'))).toEqual(['The heddle lifts.']);
    expect(await sendForm(again, new Blob(['The reed beats.']), 'third.txt', undefined, 'PATCH')).toMatchObject({
      status: 200,
    });
    await indexed(id, batch);
    expect(contentsOf(await search(id, 'reed'))).toEqual(['The reed beats.']);
  });

  it('are refused when their file is of no use', async () => {
    const id = await dataset();
    const path = `/datasets/${id}/document/create-by-file`;
    const png = new Blob([Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')], { type: 'image/png' });
    const code = async (sent: Promise<Answer>) => {
      const { status, body } = await sent;
      expect(body.status).toBe(status);
      return [status, body.code];
    };
    expect(await code(sendForm(path, png, 'a.png'))).toEqual([415, 'unsupported_file_type']);
    expect(await code(sendForm(path, png, 'a.pdf'))).toEqual([415, 'unsupported_file_type']);
    expect(await code(sendForm(path, new Blob(['x'.repeat(30_000)]), 'a.txt'))).toEqual([413, 'file_too_large']);
    expect(await code(sendForm(path, undefined, '', { name: 'x' }))).toEqual([400, 'no_file_uploaded']);
    expect(await code(sendForm(path, new Blob(['x']), 'a.txt', { doc_form: 'y' }))).toEqual([400, 'invalid_param']);
    expect(await code(ask('POST', path, { name: 'x' }))).toEqual([415, 'unsupported_file_type']);
    expect((await ask('GET', `/datasets/${id}/documents`)).body.total).toBe(0);
  });

  it('are refused without a name or a text, and in another form than their dataset', async () => {
    const id = await dataset();
    const create = (body: object) => ask('POST', `/datasets/${id}/document/create-by-text`, body);
    expect((await create({ text: 'x' })).body).toMatchObject({ message: 'Arg name must be provided.', params: 'name' });
    expect((await create({ name: 'x', text: '' })).body).toMatchObject({ params: 'text', status: 400 });
    await text(id, 'some text');
    const nested = await create({ name: 'x', text: 'y', doc_form: 'hierarchical_model' });
    expect([nested.status, nested.body]).toMatchObject([400, { code: 'invalid_param', params: 'doc_form' }]);
  });
});
