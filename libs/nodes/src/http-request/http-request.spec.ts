import { fakeContext, fakeFiles, fakeHttp } from '@treadle/testing/fake-capabilities';
import type { Json, JsonObject, NodeSettings } from '@treadle/workflow';
import { describe, expect, it } from 'vitest';
import type { HttpAnswer } from '../capabilities.js';
import { type FileValue, localFile } from '../files/file.js';
import { httpRequest } from './http-request.descriptor.js';
import { executeHttpRequest } from './http-request.executor.js';

const url = 'https://example.com/a';

const aFile = (name: string, mediaType: string): FileValue =>
  localFile({ id: name, name, mediaType, bytes: 1, url: '' });

async function send(
  config: JsonObject,
  values: Record<string, Json> = {},
  answer: Partial<HttpAnswer> = {},
  files = fakeFiles(),
) {
  const http = fakeHttp(answer);
  const context = fakeContext(values, { http, files });
  const outcome = await executeHttpRequest(httpRequest.config.parse({ url, ...config }), context);
  return { outcome, context, question: http.questions[0]! };
}

const post = (body: JsonObject, values: Record<string, Json> = {}) => send({ method: 'post', body }, values);
const headersOf = ({ question }: Awaited<ReturnType<typeof send>>) => Object.fromEntries(question.headers);

describe('http-request', () => {
  it('sends what is written, values filled in, and gives the answer', async () => {
    const config = {
      url: `${url}?x=1#top`,
      headers: 'X-Name: {{#a.name#}}\n\nX-Url:http://b',
      params: 'q:{{#a.q#}}\nr:2',
    };
    const { question, outcome } = await send(
      config,
      { 'a.name': 'Ada', 'a.q': 'ä&b' },
      { status: 404, body: 'no', headers: { b: 'c' } },
    );
    expect(question).toEqual({
      method: 'GET',
      url: `${url}?x=1&q=%C3%A4%26b&r=2#top`,
      headers: [
        ['X-Name', 'Ada'],
        ['X-Url', 'http://b'],
      ],
      connectTimeoutSeconds: 10,
      readTimeoutSeconds: 60,
      maxBytes: 10 * 1024 * 1024,
    });
    expect(outcome.outputs).toEqual({ status_code: 404, body: 'no', headers: { b: 'c' }, files: [] });
  });

  it('gives requests that change something a key that is the same on every attempt', async () => {
    expect(headersOf(await send({ method: 'DELETE' }))).toEqual({ 'Idempotency-Key': 'run-1/node' });
    expect(headersOf(await send({ method: 'DELETE', headers: 'idempotency-key: mine' }))).toEqual({
      'idempotency-key': 'mine',
    });
    expect(headersOf(await send({ method: 'HEAD' }))).toEqual({});
  });

  it('writes values into JSON so that it stays JSON', async () => {
    const data = [
      {
        key: '',
        type: 'text',
        value: '{"a": "{{#n.text#}}", "b": {{#n.text#}}, "c": {{#n.list#}}, "d": {{#n.json#}}, "e": {{#n.gone#}}}',
      },
    ];
    const sent = await post(
      { type: 'json', data },
      { 'n.text': 'say "hi"\n', 'n.list': [1, 'x'], 'n.json': '{"k":1}' },
    );
    expect(JSON.parse(sent.question.body as string)).toEqual({
      a: 'say "hi"\n',
      b: 'say "hi"\n',
      c: [1, 'x'],
      d: { k: 1 },
      e: null,
    });
    expect(headersOf(sent)).toMatchObject({ 'Content-Type': 'application/json' });
    await expect(post({ type: 'json', data: '{"a": }' })).rejects.toMatchObject({
      failure: { code: 'node_configuration' },
    });
  });

  it('sends texts and forms', async () => {
    const fields = [
      { key: 'a', type: 'text', value: '{{#n.text#}}' },
      { key: 'b', type: 'text', value: '2' },
    ];
    const values = { 'n.text': 'x y&z' };
    expect((await post({ type: 'raw-text', data: 'Hi {{#n.text#}}' }, values)).question.body).toBe('Hi x y&z');
    expect((await post({ type: 'x-www-form-urlencoded', data: fields }, values)).question.body).toBe('a=x%20y%26z&b=2');
    const form = await post({ type: 'form-data', data: fields }, values);
    expect(headersOf(form)['Content-Type']).toBe('multipart/form-data; boundary=treadle-form-boundary');
    expect(form.question.body).toBe(
      '--treadle-form-boundary\r\nContent-Disposition: form-data; name="a"\r\n\r\nx y&z\r\n' +
        '--treadle-form-boundary\r\nContent-Disposition: form-data; name="b"\r\n\r\n2\r\n--treadle-form-boundary--\r\n',
    );
    expect((await post({ type: 'none', data: [] })).question.body).toBeUndefined();
  });

  it.each<[JsonObject, JsonObject]>([
    [{ type: 'bearer', api_key: '{{#env.KEY#}}' }, { Authorization: 'Bearer s:ä' }],
    [{ type: 'basic', api_key: '{{#env.KEY#}}' }, { Authorization: `Basic ${Buffer.from('s:ä').toString('base64')}` }],
    [{ type: 'custom', header: 'X-Key', api_key: 'k' }, { 'X-Key': 'k' }],
  ])('authorizes by %j', async (config, headers) => {
    const sent = await send({ authorization: { type: 'api-key', config } }, { 'env.KEY': 's:ä' });
    expect(headersOf(sent)).toEqual(headers);
    expect(sent.question.secretHeaders).toEqual(Object.keys(headers));
  });

  it('does not let a value add a header', async () => {
    await expect(send({ headers: 'X-A: {{#n.text#}}' }, { 'n.text': 'x\r\nX-B: y' })).rejects.toMatchObject({
      failure: { code: 'node_configuration' },
    });
  });

  it('refuses what is no address', async () => {
    for (const bad of ['example.com', 'file:///etc/passwd', 'http://']) {
      await expect(send({ url: bad })).rejects.toMatchObject({ failure: { code: 'node_configuration' } });
    }
  });

  it('sends files: a field of them in a form, or one as the body', async () => {
    const files = fakeFiles({ 'a.txt': Buffer.from('A'), 'b "1".bin': Buffer.from([0, 255]) });
    const values = {
      'n.one': aFile('a.txt', 'text/plain'),
      'n.list': [aFile('a.txt', ''), aFile('b "1".bin', '')],
      'n.no': 7,
    };
    const data: JsonObject[] = [
      { key: 'note', type: 'text', value: 'hi' },
      { key: 'docs', type: 'file', value: '', file: ['n', 'list'] },
      { key: 'old', type: 'file', value: '{{#n.one#}}' },
      { key: 'none', type: 'file', file: [] },
    ];
    const form = await send({ method: 'post', body: { type: 'form-data', data } }, values, {}, files);
    expect(Buffer.from(form.question.body!).toString('latin1')).toBe(
      [
        '--treadle-form-boundary\r\nContent-Disposition: form-data; name="note"\r\n\r\nhi\r\n',
        '--treadle-form-boundary\r\nContent-Disposition: form-data; name="docs"; filename="a.txt"\r\nContent-Type: application/octet-stream\r\n\r\nA\r\n',
        '--treadle-form-boundary\r\nContent-Disposition: form-data; name="docs"; filename="b %221%22.bin"\r\nContent-Type: application/octet-stream\r\n\r\n\x00\xff\r\n',
        '--treadle-form-boundary\r\nContent-Disposition: form-data; name="old"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\nA\r\n',
        '--treadle-form-boundary--\r\n',
      ].join(''),
    );
    const binary = { type: 'binary', data: [{ type: 'file', file: ['n', 'one'] }] };
    const sent = await send({ method: 'put', body: binary }, values, {}, files);
    expect(sent.question.body).toEqual(Buffer.from('A'));
    expect(headersOf(sent)['Content-Type']).toBe('text/plain');
    for (const file of [[], ['n', 'list'], ['n', 'no'], ['n', 'gone']]) {
      await expect(post({ type: 'binary', data: [{ type: 'file', file }] }, values)).rejects.toMatchObject({
        failure: { code: 'node_configuration' },
      });
    }
    await expect(post({ type: 'x-www-form-urlencoded', data: [{ key: 'f', type: 'file' }] })).rejects.toMatchObject({
      failure: { code: 'node_configuration' },
    });
  });

  it('says in the plan which variables hold the files it sends', () => {
    const data = [{ key: 'f', type: 'file', file: ['n', 'one'] }];
    const config = httpRequest.config.parse({ url, body: { type: 'form-data', data } });
    expect(httpRequest.reads(config)).toEqual([{ selector: ['n', 'one'], field: 'body.data[0].file' }]);
  });

  it.each<[string, Record<string, string>, string | undefined]>([
    ['x', { 'content-type': 'text/html' }, undefined],
    ['{}', { 'content-type': 'application/problem+json; charset=utf-8' }, undefined],
    ['x', {}, undefined],
    ['', { 'content-type': 'image/png' }, undefined],
    ['\0', {}, 'a'],
    ['x', { 'content-type': 'image/png' }, 'a.png'],
    ['<svg/>', { 'content-type': 'image/svg+xml' }, 'a.svg'],
    ['x', { 'content-type': 'application/pdf', 'content-disposition': 'inline; filename="x/y.pdf"' }, 'y.pdf'],
    ['a,b', { 'content-type': 'text/csv', 'content-disposition': 'attachment; filename=list.csv' }, 'list.csv'],
    ['x', { 'content-type': 'text/plain', 'content-disposition': "attachment; filename*=UTF-8''%C3%A4.txt" }, 'ä.txt'],
    ['x', { 'content-type': 'application/zip', 'content-disposition': 'attachment; filename="../.."' }, 'file.zip'],
  ])('takes %j with %j as the file %s', async (body, headers, name) => {
    const { outcome } = await send({}, {}, { body, bytes: Buffer.from(body), headers });
    if (name === undefined) return expect(outcome.outputs).toMatchObject({ body, files: [] });
    expect(outcome.outputs).toMatchObject({
      body: '',
      files: [{ name, size: body.length, transfer_method: 'local_file' }],
    });
  });

  it('asks not to check a certificate where it is told so', async () => {
    expect((await send({ ssl_verify: false })).question.verifyCertificate).toBe(false);
    expect((await send({ ssl_verify: true })).question.verifyCertificate).toBeUndefined();
  });

  it.each([
    [400, false],
    [429, true],
    [503, true],
  ])('fails on status %i when it is to fail; may try again: %s', async (status, retryable) => {
    await expect(
      send({ fail_on_error_status: true }, {}, { status, headers: { 'retry-after': '7' } }),
    ).rejects.toMatchObject({
      failure: { code: 'http_response_error', retryable, retryAfterSeconds: 7, details: { status_code: status } },
    });
  });

  it('is to fail on an error status when the node has retries or an error strategy, unless it says otherwise', () => {
    const retry = { max_attempts: 1, backoff_seconds: 1, max_backoff_seconds: 60 };
    const fails = (settings: Partial<NodeSettings>, config: JsonObject = {}) =>
      httpRequest.complete?.(httpRequest.config.parse({ url, ...config }), {
        retry,
        guarded: false,
        typeOf: () => undefined,
        onError: { strategy: 'fail' },
        ...settings,
      }).fail_on_error_status;
    expect(fails({})).toBe(false);
    expect(fails({ retry: { ...retry, max_attempts: 3 } })).toBe(true);
    expect(fails({ onError: { strategy: 'fail-branch' } })).toBe(true);
    expect(fails({ onError: { strategy: 'fail-branch' } }, { fail_on_error_status: false })).toBe(false);
    expect(fails({}, { fail_on_error_status: true })).toBe(true);
  });
});
