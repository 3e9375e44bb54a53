import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestDatabase, testDatabase } from '@treadle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Standalone, startStandalone } from '../src/standalone.js';

const apiKey = 'tk_for_specs';

let database: TestDatabase;
let standalone: Standalone;
let folder: string;
let server: Server;
let toolUrl: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'treadle-tools-'));
  server = createServer(({ headers, url }, response) => {
    response.writeHead(200, { 'content-type': url === '/page' ? 'text/html' : 'application/json' });
    response.end(
      url === '/page'
        ? '<html><head><title>Tea</title></head><body><p>All about <b>tea</b>.</p></body></html>'
        : JSON.stringify({ isKnown: headers['x-key'] === 'sesame', key: headers['x-key'] ?? null }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  toolUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  database = await testDatabase();
  standalone = await startStandalone({
    DATABASE_URL: database.connectionString,
    TREADLE_DATA_DIR: folder,
    TREADLE_HTTP_PORT: '0',
    TREADLE_API_KEY: apiKey,
    TREADLE_HTTP_ALLOW: '127.0.0.1',
  });
});

afterAll(async () => {
  await standalone?.stop();
  await database?.drop();
  server?.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Answer {
  readonly status: number;
  readonly body: never;
}

async function api(path: string, method = 'GET', body?: object, headers: object = {}): Promise<Answer> {
  const response = await fetch(`${standalone.url}/api/v1/${path}`, {
    method,
    headers: { authorization: `Bearer ${apiKey}`, ...(body && { 'content-type': 'application/json' }), ...headers },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: (text === '' ? undefined : JSON.parse(text)) as never };
}

const call = (toolset: string, tool: string, given: object, headers: object = {}) =>
  api(`tools/toolsets/${toolset}/tools/${tool}/call`, 'POST', { arguments: given }, headers);

const document = () => ({
  openapi: '3.1.0',
  info: { title: 'Shop', version: '1' },
  servers: [{ url: toolUrl }],
  paths: {
    '/stock': { get: { operationId: 'getStock', responses: {} } },
    '/order': { post: { operationId: 'order', responses: {} } },
  },
});
const source = () => ({ document: JSON.stringify(document()) });

async function publish(name: string, nodes: object[], edges: object[]): Promise<string> {
  const stored = await api('workflows', 'POST', { format: 'treadle/v1', name, nodes, edges });
  expect(stored).toMatchObject({ status: 201 });
  const { id } = stored.body as { id: string };
  await api(`workflows/${id}/publish`, 'POST', {});
  return id;
}

describe('the tools of standalone', () => {
  it('come with it', async () => {
    expect(await api('tools/toolsets')).toMatchObject({
      status: 200,
      body: { items: [{ name: 'builtin' }, { name: 'workflow' }] },
    });
    const shown = await api('tools/toolsets/builtin');
    expect((shown.body as { tools: { name: string }[] }).tools.map(({ name }) => name)).toEqual(
      ['calculator', 'current_time', 'http_request', 'json_path', 'read_web_page'],
    ); // biome-ignore format: a list
    expect(await call('builtin', 'calculator', { expression: '6 * 7' })).toMatchObject({
      status: 200,
      body: { text: '42' },
    });
    expect(await call('builtin', 'read_web_page', { url: `${toolUrl}/page` })).toMatchObject({
      body: { text: '# Tea\n\nAll about **tea**.', is_error: false },
    });
    expect(await call('builtin', 'read_web_page', { url: 'http://169.254.169.254/' })).toMatchObject({
      status: 422,
      body: { code: 'address_blocked' },
    });
  });

  it('are registered, given a credential and a policy, called, and recorded', async () => {
    const path = 'tools/toolsets/shop';
    expect(await api(path, 'PUT', { kind: 'openapi', source: source() })).toMatchObject({
      status: 200,
      body: { changed: true, version: { version: 1, tools: 2 } },
    });
    expect(
      await api(`${path}/credential`, 'PUT', { type: 'header', values: { name: 'X-Key', value: 'sesame' } }),
    ).toMatchObject({
      status: 200,
      body: { type: 'header', settings: { name: 'X-Key' }, hint: '…' },
    });
    expect(await call('shop', 'getStock', {})).toMatchObject({
      status: 200,
      body: { json: { isKnown: true, key: '***' }, version: 1 },
    });
    expect(await api(`${path}/credential/test`, 'POST', { url: toolUrl })).toMatchObject({
      body: { accepted: true, status: 200 },
    });
    expect(await api(`${path}/tools/order/policy`, 'PUT', { needs_approval: true })).toMatchObject({
      body: { name: 'order', mutating: true, needs_approval: true, policy: { needs_approval: true } },
    });
    expect(await call('shop', 'order', {})).toMatchObject({
      status: 403,
      body: { code: 'tool_approval_required' },
    });
    expect(await api(`${path}/tools/order/policy`, 'DELETE')).toMatchObject({ status: 204 });
    const key = { 'idempotency-key': 'once' };
    expect(await call('shop', 'order', {}, key)).toMatchObject({ status: 200 });
    expect(await call('shop', 'order', {}, key)).toMatchObject({ status: 200 });
    expect(await api('tools/calls?mutating=true&toolset=shop')).toMatchObject({
      status: 200,
      body: { items: [{ tool: 'order', status: 'completed', attempts: 1, run_id: null }], next_cursor: null },
    });
    expect(await api(`${path}/versions`, 'POST', {})).toMatchObject({ body: { changed: false } });
    expect(await api(`${path}/rollback`, 'POST')).toMatchObject({ status: 400 });
    expect(await api(path, 'DELETE')).toMatchObject({ status: 204 });
    expect(await call('shop', 'order', {})).toMatchObject({ status: 404, body: { code: 'tool_not_found' } });
  });

  it.each([
    ['PUT', 'tools/toolsets/x', { kind: 'openapi', source: {}, more: 1 }],
    ['PUT', 'tools/toolsets/x', { kind: 'openapi', source: {} }],
    ['PUT', 'tools/toolsets/x/credential', { type: 'bearer', values: { token: 'x' }, secret: 1 }],
    ['POST', 'tools/toolsets/x/share', { share: 101 }],
    ['PUT', 'tools/toolsets/x/tools/y/policy', { concurrency: 0 }],
    ['GET', 'tools/calls?status=lost', undefined],
    ['GET', 'tools/calls?unknown=1', undefined],
  ])('refuse %s %s %j with the field at fault', async (method, path, body) => {
    const { status, body: answer } = await api(path, method, body);
    expect([400, 422]).toContain(status);
    expect(answer).toMatchObject({
      ...{ code: expect.any(String), message: expect.any(String), field: expect.any(String) },
    });
  });

  it('are published workflows too', async () => {
    const nodes = [
      { id: 'start', type: 'start', config: { variables: [{ variable: 'name', required: true }] } },
      {
        id: 'text',
        type: 'template',
        config: { template: 'Hello {{ name }}', variables: [{ variable: 'name', value_selector: ['start', 'name'] }] },
      },
      { id: 'end', type: 'end', config: { outputs: [{ variable: 'greeting', value_selector: ['text', 'output'] }] } },
    ];
    const id = await publish('Say hello', nodes, [
      { source: 'start', target: 'text' },
      { source: 'text', target: 'end' },
    ]);
    expect(await api('tools/toolsets/workflow')).toMatchObject({
      body: { tools: [{ name: 'say_hello', parameters: { required: ['name'] } }] },
    });
    const greeting = { status: 200, body: { json: { greeting: 'Hello Ada' }, version: 1 } };
    expect(await call('workflow', 'say_hello', { name: 'Ada' })).toMatchObject(greeting);
    expect(await call('workflow', id, { name: 'Ada' })).toMatchObject(greeting);
    expect(await call('workflow', 'say_hello', {})).toMatchObject({
      status: 422,
      body: { field: 'arguments.name' },
    });
    expect(await call('workflow', 'say_nothing', {})).toMatchObject({ status: 404 });
  });

  it('do not call themselves for ever', async () => {
    const nodes = [
      { id: 'start', type: 'start', config: {} },
      { id: 'again', type: 'tool', config: { toolset: 'workflow', tool: 'loop' } },
      { id: 'end', type: 'end', config: { outputs: [] } },
    ];
    const id = await publish('loop', nodes, [
      { source: 'start', target: 'again' },
      { source: 'again', target: 'end' },
    ]);
    expect(await call('workflow', 'loop', {})).toMatchObject({
      status: 200,
      body: { is_error: true, text: expect.stringContaining('5 deep') },
    });
    const { body } = await api(`runs?workflow_id=${id}`);
    expect((body as { items: unknown[] }).items).toHaveLength(5);
  });
});
