import type { Json } from '@treadle/workflow';
import { describe, expect, it } from 'vitest';
import { buildRequest } from './build-request.js';
import { discoverOperations } from './discover.js';
import { readOpenApiSource } from './openapi-source.js';
import { type OperationPlan, operationPlanSchema } from './operation-plan.js';

/** The plan of one operation, as discovery makes it. */
function planOf(operation: Record<string, unknown>, method = 'get', path = '/things'): OperationPlan {
  const document = {
    openapi: '3.1.0',
    servers: [{ url: 'https://api.example.com/v1/' }],
    paths: { [path]: { [method]: operation } },
  };
  const text = JSON.stringify(document);
  const [tool] = discoverOperations(text, readOpenApiSource({ document: text })).tools;
  return operationPlanSchema.parse(tool?.invocation);
}

const parameter = (name: string, place: string, more: object = {}) => ({ name, in: place, schema: {}, ...more });
const body = (mediaType: string, media: object) => ({
  requestBody: { required: true, content: { [mediaType]: media } },
});

const build = (plan: OperationPlan, args: Record<string, Json>, key = '') => buildRequest(plan, args, key);
const withCode = (code: string) => expect.objectContaining({ failure: expect.objectContaining({ code }) });

describe('buildRequest', () => {
  it('puts every parameter in its place', () => {
    const plan = planOf(
      {
        parameters: [
          parameter('id', 'path', { style: 'matrix' }),
          parameter('q', 'query'),
          parameter('next', 'query', { allowReserved: true }),
          parameter('filter', 'query', { content: { 'application/json': { schema: {} } } }),
          parameter('X-Trace', 'header'),
          parameter('session', 'cookie'),
        ],
      },
      'get',
      '/things/{id}/parts',
    );
    const args = {
      id: 'a b',
      q: ['1', '2'],
      next: '/x?y=1&z',
      filter: { a: [1] },
      'X-Trace': ['t', 2],
      session: 's;1',
    };
    const request = build(plan, args);
    expect(request.url).toBe(
      'https://api.example.com/v1/things/;id=a%20b/parts?q=1&q=2&next=/x?y%3D1%26z&filter=%7B%22a%22%3A%5B1%5D%7D',
    );
    expect(request.headers).toContainEqual(['X-Trace', 't,2']);
    expect(request.headers).toContainEqual(['cookie', 'session=s%3B1']);
  });

  it('keeps parameters of one name in different places apart', () => {
    const plan = planOf(
      {
        parameters: [parameter('id', 'path'), parameter('id', 'query'), parameter('body', 'query')],
        ...body('application/json', {}),
      },
      'post',
      '/things/{id}',
    );
    const request = build(plan, { id: 'p', query_id: 'q', body: 'b', request_body: { a: 1 } });
    expect(request).toMatchObject({ url: 'https://api.example.com/v1/things/p?id=q&body=b', body: '{"a":1}' });
  });

  it.each(['..', '.', ''])('lets no path value lead to another path: %j', (id) => {
    const plan = planOf({ parameters: [parameter('id', 'path')] }, 'get', '/things/{id}');
    expect(() => build(plan, { id })).toThrow(withCode('tool_arguments_invalid'));
  });

  it.each(['%2e%2e', '../admin', 'a/../../b', '..\\x', '?x=1', '#x', '@evil.example'])(
    'keeps %j inside its segment',
    (id) => {
      const plan = planOf({ parameters: [parameter('id', 'path')] }, 'get', '/things/{id}');
      const url = new URL(build(plan, { id }).url);
      expect(url.pathname).toBe(`/v1/things/${encodeURIComponent(id)}`);
      expect(url.host + url.search + url.hash).toBe('api.example.com');
    },
  );

  it('refuses dots that only come together in the path', () => {
    const plan = planOf({ parameters: [parameter('a', 'path'), parameter('b', 'path')] }, 'get', '/things/{a}{b}');
    expect(() => build(plan, { a: '.', b: '.' })).toThrow(withCode('tool_arguments_invalid'));
  });

  it.each(['a\r\nX-Evil: 1', 'a\nb', 'a\0b', '日本'])(
    'refuses a header value that a header cannot hold: %j',
    (value) => {
      const plan = planOf({ parameters: [parameter('X-Note', 'header')] });
      expect(() => build(plan, { 'X-Note': value })).toThrow(withCode('tool_arguments_invalid'));
    },
  );

  it('sends the idempotency key with what changes something, and with nothing else', () => {
    expect(build(planOf({}, 'post'), {}, 'key-1').headers).toContainEqual(['idempotency-key', 'key-1']);
    expect(build(planOf({}, 'get'), {}, 'key-1').headers.flat()).not.toContain('idempotency-key');
    expect(build(planOf({}, 'post'), {}).headers.flat()).not.toContain('idempotency-key');
  });

  it('puts a body together from the arguments that its properties became', () => {
    const schema = { type: 'object', required: ['name'], properties: { id: {}, name: {}, tags: {}, __proto__: null } };
    const operation = { parameters: [parameter('id', 'path')], ...body('application/json', { schema }) };
    const plan = planOf(operation, 'put', '/things/{id}');
    const request = build(plan, { id: 'p', body_id: 7, name: 'x' });
    expect(request).toMatchObject({ url: 'https://api.example.com/v1/things/p', body: '{"id":7,"name":"x"}' });
    expect(build(planOf(body('application/json', { schema: { ...schema, required: [] } }), 'post'), {}).body).toBe(
      '{}',
    );
  });

  it.each([
    { type: 'object' },
    { type: 'array', items: {} },
    { type: 'object', properties: { a: {} }, additionalProperties: { type: 'string' } },
    { type: 'object', properties: { a: {} }, anyOf: [{ required: ['a'] }] },
    { oneOf: [{ type: 'object', properties: { a: {} } }] },
  ])('keeps a body in one piece whose form says more than its properties: %j', (schema) => {
    const plan = planOf(body('application/json', { schema }), 'post');
    expect(build(plan, { body: { a: 1, b: 2 } }).body).toBe('{"a":1,"b":2}');
  });

  it('leaves out what was not given', () => {
    const plan = planOf(
      { parameters: [parameter('q', 'query')], requestBody: { content: { 'application/json': {} } } },
      'post',
    );
    const request = build(plan, {});
    expect(request.url).toBe('https://api.example.com/v1/things');
    expect(request.body).toBeUndefined();
    expect(request.headers.flat()).not.toContain('content-type');
  });

  it('writes forms, each field in the style that was declared', () => {
    const plan = planOf(
      body('application/x-www-form-urlencoded', {
        schema: { type: 'object' },
        encoding: { metadata: { style: 'deepObject', explode: true }, tags: { style: 'form', explode: false } },
      }),
      'post',
    );
    const form = { name: 'a b&c', metadata: { k: 'v' }, tags: ['x', 'y'], list: [1, 2], plain: { a: 1 } };
    const request = build(plan, { body: form });
    expect(request.body).toBe('name=a+b%26c&metadata%5Bk%5D=v&tags=x,y&list=1&list=2&plain=%7B%22a%22%3A1%7D');
    expect(request.headers).toContainEqual(['content-type', 'application/x-www-form-urlencoded']);
  });

  it('writes multipart forms that every parser reads', async () => {
    const names = ['note', 'na"me\r\n', 'meta', 'tags', 'gone'];
    const properties = {
      ...Object.fromEntries(names.map((name) => [name, {}])),
      file: { type: 'string', format: 'binary' },
    };
    const schema = { type: 'object', properties };
    const plan = planOf(
      body('multipart/form-data', { schema, encoding: { file: { contentType: 'image/png' } } }),
      'post',
    );
    const args = { note: 'ü', 'na"me\r\n': 'x', meta: { a: 1 }, tags: ['p', 'q'], file: 'AAH/', gone: null };
    const request = build(plan, args);
    const headers = request.headers
      .filter(([name]) => name === 'content-type')
      .map(([name, value]): [string, string] => [name, value]);
    const form = await new Response(request.body as Uint8Array<ArrayBuffer>, { headers }).formData();
    expect([...form.keys()]).toEqual(['note', 'na"me\r\n', 'meta', 'tags', 'tags', 'file']);
    expect(form.get('note')).toBe('ü');
    expect(form.getAll('tags')).toEqual(['p', 'q']);
    const file = form.get('file') as File;
    expect(file.type).toBe('image/png');
    expect([...new Uint8Array(await file.arrayBuffer())]).toEqual([0, 1, 255]);
  });

  it.each([
    ['text/plain', 'as it is', 'as it is'],
    ['application/xml', '<a/>', '<a/>'],
    ['application/vnd.api+json', { data: [] }, '{"data":[]}'],
    ['*/*', [1], '[1]'],
  ])('writes a body of %s', (mediaType, value, written) => {
    expect(build(planOf(body(mediaType, {}), 'post'), { body: value }).body).toBe(written);
  });

  it('sends bytes that come as base64, and refuses what is none', () => {
    const plan = planOf(body('application/octet-stream', {}), 'put');
    expect(build(plan, { body: 'AAH/' }).body).toEqual(Buffer.from([0, 1, 255]));
    expect(() => build(plan, { body: 'not base64!' })).toThrow(withCode('tool_arguments_invalid'));
  });
});
