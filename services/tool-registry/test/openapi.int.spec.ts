import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { CallWorld, DiscoveredTool, Discovery } from '../src/domain/toolset-kind.js';
import { openapi } from '../src/kinds/openapi/index.js';
import { headerCredential, openHttp, worldOf } from './worlds.js';

const http = openHttp();
let server: Server;
let base = '';
let answer: (response: ServerResponse, request: IncomingMessage) => void;
let seen: { line: string; headers: IncomingMessage['headers']; body: string }[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    void text(request).then((body) => {
      seen.push({ line: `${request.method} ${request.url}`, headers: request.headers, body });
      answer(response, request);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(() => {
  seen = [];
});

afterAll(async () => {
  await http.close();
  server.closeAllConnections();
  server.close();
});

const json =
  (value: unknown, status = 200) =>
  (response: ServerResponse) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
  };

const documentOf = (name: string) => readFile(new URL(`openapi/${name}`, import.meta.url), 'utf8');
const toolOf = (found: Discovery, name: string) => found.tools.find((tool) => tool.name === name) as DiscoveredTool;

async function call(
  found: Discovery,
  name: string,
  args: Parameters<typeof openapi.call>[2] = {},
  wishes: Partial<CallWorld> = {},
) {
  return openapi.call(toolOf(found, name), found.settings, args, worldOf(http, wishes));
}

const withCode = (code: string, more: object = {}) => ({ failure: expect.objectContaining({ code, ...more }) });

describe('the Swagger Petstore', () => {
  let found: Discovery;

  beforeAll(async () => {
    found = await openapi.discover(
      { document: await documentOf('petstore.yaml'), server: `${base}/api/v3` },
      worldOf(http),
    );
  });

  it('becomes nineteen tools', () => {
    expect(found.tools.map(({ name, mutating }) => `${mutating ? '!' : ''}${name}`)).toEqual([
      ...[
        '!updatePet',
        '!addPet',
        'findPetsByStatus',
        'findPetsByTags',
        'getPetById',
        '!updatePetWithForm',
        '!deletePet',
      ],
      ...['!uploadFile', 'getInventory', '!placeOrder', 'getOrderById', '!deleteOrder', '!createUser'],
      ...['!createUsersWithListInput', 'loginUser', 'logoutUser', 'getUserByName', '!updateUser', '!deleteUser'],
    ]);
    expect(found.hosts).toEqual([new URL(base).host]);
    expect(found.warnings).toEqual([
      expect.stringMatching(/"petstore_auth".*OAuth2/),
      expect.stringMatching(/"api_key".*sets the header "api_key"/),
    ]);
  });

  it('shows a model the form of a pet', () => {
    expect(toolOf(found, 'addPet')).toMatchObject({
      description: 'Add a new pet to the store',
      repeatable: false,
      parameters: {
        type: 'object',
        required: ['name', 'photoUrls'],
        properties: { category: { properties: { name: { type: 'string' } } }, tags: { items: { type: 'object' } } },
      },
    });
  });

  it('is asked by path, query, body and bytes', async () => {
    answer = json({ id: 7, name: 'doggie' });
    const outcome = await call(found, 'getPetById', { petId: 7 });
    expect(outcome).toEqual({
      text: '{"id":7,"name":"doggie"}',
      json: { id: 7, name: 'doggie' },
      files: [],
      isError: false,
      warnings: [],
    });
    await call(found, 'findPetsByTags', { tags: ['a b', 'c&d'] });
    await call(found, 'updatePetWithForm', { petId: 7, name: 'Rex & co', status: 'sold' });
    await call(found, 'addPet', { name: 'Rex', photoUrls: [] }, { idempotencyKey: 'run-1/task-2' });
    await call(found, 'uploadFile', { petId: 7, body: 'aGVsbG8=' });
    expect(seen.map(({ line, body }) => [line, body])).toEqual([
      ['GET /api/v3/pet/7', ''],
      ['GET /api/v3/pet/findByTags?tags=a%20b&tags=c%26d', ''],
      ['POST /api/v3/pet/7?name=Rex%20%26%20co&status=sold', ''],
      ['POST /api/v3/pet', '{"name":"Rex","photoUrls":[]}'],
      ['POST /api/v3/pet/7/uploadImage', 'hello'],
    ]);
    expect(seen[3]?.headers).toMatchObject({ 'content-type': 'application/json', 'idempotency-key': 'run-1/task-2' });
    expect(seen[4]?.headers).toMatchObject({ 'content-type': 'application/octet-stream' });
    expect(seen[0]?.headers).not.toHaveProperty('idempotency-key');
  });

  it('is shown the credential, and says when it refuses it', async () => {
    const credential = headerCredential('api_key', 'secret');
    answer = json({ available: 3 });
    expect((await call(found, 'getInventory', {}, { credential })).json).toEqual({ available: 3 });
    expect(seen[0]?.headers.api_key).toBe('secret');
    answer = json({ message: 'no' }, 401);
    await expect(call(found, 'getInventory', {}, { credential })).rejects.toMatchObject(withCode('credential_refused'));
    await expect(call(found, 'getInventory')).rejects.toMatchObject(withCode('credential_refused', { message: expect.stringContaining('Give the toolset one') })); // biome-ignore format: one thought
  });

  it.each([200, 400, 403, 500])('hides a credential that an answer with status %i repeats', async (status) => {
    const credential = headerCredential('api_key', 'tr"y-secret');
    answer = json({ message: 'not with tr"y-secret' }, status);
    const outcome = await call(found, 'getInventory', {}, { credential });
    expect(outcome).toMatchObject({ json: { message: 'not with ***' }, isError: status >= 400 });
    expect(outcome.text).not.toContain('y-secret');
  });

  it('takes the address of its document into account', async () => {
    const document = await documentOf('petstore.yaml');
    answer = (response) => response.writeHead(200, { 'content-type': 'application/yaml' }).end(document);
    const fetched = await openapi.discover({ url: `${base}/api/v3/openapi.yaml`, tags: ['store'] }, worldOf(http));
    expect(fetched.tools.map(({ name }) => name)).toEqual([
      'getInventory',
      'placeOrder',
      'getOrderById',
      'deleteOrder',
    ]);
    answer = json({});
    await call(fetched, 'getOrderById', { orderId: 3 });
    expect(seen.at(-1)?.line).toBe('GET /api/v3/store/order/3');
  });

  it('is not registered where its document cannot be had', async () => {
    answer = json({}, 404);
    await expect(openapi.discover({ url: `${base}/gone` }, worldOf(http))).rejects.toMatchObject(
      withCode('tool_source_invalid', { field: 'url' }),
    );
    answer = (response) => response.end(Buffer.alloc(10_000_001, 32));
    await expect(openapi.discover({ url: `${base}/long` }, worldOf(http))).rejects.toMatchObject(
      withCode('http_response_too_large'),
    );
    await expect(openapi.discover({ url: 'http://169.254.169.254/latest' }, worldOf(http))).rejects.toMatchObject(
      withCode('address_blocked'),
    );
  });
});

describe("GitHub's API", () => {
  let found: Discovery;

  beforeAll(async () => {
    found = await openapi.discover({ document: await documentOf('github-issues.json'), server: base }, worldOf(http));
  });

  it('becomes tools with names that models can call', async () => {
    expect(found.tools.map(({ name, repeatable }) => [name, repeatable])).toEqual([
      ['issues_list-for-repo', true],
      ['issues_create', false],
      ['issues_get', true],
      ['issues_lock', true],
      ['search_issues-and-pull-requests', true],
      ['markdown_render-raw', false],
    ]);
    expect(toolOf(found, 'issues_create').parameters).toMatchObject({
      required: ['owner', 'repo', 'title'],
      properties: {
        owner: { type: 'string', description: expect.stringContaining('account owner') },
        body: { type: 'string', description: 'The contents of the issue.' },
        assignee: { type: ['string', 'null'] },
        milestone: { anyOf: [{ oneOf: expect.any(Array) }, { type: 'null' }] },
      },
    });
    const unchanged = await openapi.discover({ document: await documentOf('github-issues.json') }, worldOf(http));
    expect(unchanged.hosts).toEqual(['api.github.com']);
  });

  it('is asked exactly as it wants to be', async () => {
    answer = json([]);
    const repository = { owner: 'octo cat', repo: 'hello/world' };
    await call(found, 'issues_list-for-repo', { ...repository, state: 'all', labels: 'bug,ui,@high', per_page: 5 });
    await call(found, 'search_issues-and-pull-requests', { q: 'repo:a/b is:open "x y"', order: 'asc' });
    await call(found, 'issues_create', {
      ...repository,
      ...{ title: 'Found a bug', assignee: null, labels: ['bug'] },
    });
    answer = (response) => response.writeHead(204).end();
    const locked = await call(found, 'issues_lock', { ...repository, issue_number: 42 });
    expect(locked).toMatchObject({ isError: false, text: 'The server answered with status 204.' });
    answer = (response) => response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<h1>Käse</h1>');
    expect((await call(found, 'markdown_render-raw', { body: '# Käse' })).text).toBe('<h1>Käse</h1>');
    expect(seen.map(({ line, body }) => [line, body])).toEqual([
      ['GET /repos/octo%20cat/hello%2Fworld/issues?state=all&labels=bug%2Cui%2C%40high&per_page=5', ''],
      ['GET /search/issues?q=repo%3Aa%2Fb%20is%3Aopen%20%22x%20y%22&order=asc', ''],
      ['POST /repos/octo%20cat/hello%2Fworld/issues', '{"title":"Found a bug","assignee":null,"labels":["bug"]}'],
      ['PUT /repos/octo%20cat/hello%2Fworld/issues/42/lock', ''],
      ['POST /markdown/raw', '# Käse'],
    ]);
    expect(seen[4]?.headers['content-type']).toBe('text/plain');
  });

  const get = { owner: 'a', repo: 'b', issue_number: 1 };

  it('says what went wrong, for the model to read', async () => {
    answer = json({ message: 'Not Found' }, 404);
    expect(await call(found, 'issues_get', get)).toMatchObject({
      isError: true,
      json: { message: 'Not Found' },
      text: 'The server answered with status 404.\n{"message":"Not Found"}',
    });
    answer = json({ message: 'broken' }, 500);
    expect(await call(found, 'issues_get', get)).toMatchObject({ isError: true });
  });

  it.each([
    [429, 'tool_rate_limited', 'issues_create'],
    [503, 'tool_unavailable', 'issues_get'],
    [502, 'tool_failed', 'issues_get'],
    [504, 'tool_failed', 'issues_lock'],
  ])('fails for a while with status %i: %s', async (status, code, name) => {
    answer = (response) => response.writeHead(status, { 'retry-after': '7' }).end('later');
    const args = { ...get, title: 'x' };
    await expect(call(found, name, args)).rejects.toMatchObject(
      withCode(code, { retryable: true, retryAfterSeconds: 7 }),
    );
  });

  it('lets the model read that something which must not be repeated failed', async () => {
    answer = (response) => response.writeHead(503).end('later');
    expect(await call(found, 'issues_create', { ...get, title: 'x' })).toMatchObject({ isError: true });
  });

  it('gives what is no text as a file', async () => {
    const bytes = Buffer.from([1, 2, 255]);
    answer = (response) => response.writeHead(200, { 'content-type': 'image/png', 'content-disposition': 'attachment; filename="../a b.png"' }).end(bytes); // biome-ignore format: one thought
    expect((await call(found, 'issues_get', get)).files).toEqual([
      { name: 'a b.png', mediaType: 'image/png', data: bytes },
    ]);
  });

  it('warns of JSON that is none', async () => {
    answer = (response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{oops');
    expect(await call(found, 'issues_get', get)).toMatchObject({
      text: '{oops',
      isError: false,
      warnings: [expect.stringContaining('not')],
    });
  });

  it('cuts an answer off that is too large, is slow, or breaks', async () => {
    answer = (response) => response.end(Buffer.alloc(50_000, 97));
    await expect(call(found, 'issues_get', get, { maxAnswerBytes: 10_000 })).rejects.toMatchObject(
      withCode('tool_answer_too_large'),
    );
    answer = () => undefined;
    const late = call(found, 'issues_get', get, { signal: AbortSignal.timeout(100) });
    await expect(late).rejects.toMatchObject(withCode('deadline_exceeded'));
    answer = (response) => {
      response.writeHead(200, { 'content-length': '100' }).write('half');
      response.destroy();
    };
    await expect(call(found, 'issues_get', get)).rejects.toMatchObject(withCode('http_request_failed'));
  });

  it('keeps a redirect from carrying the credential to another host', async () => {
    answer = (response, request) => {
      const elsewhere = `http://localhost:${new URL(base).port}/other`;
      if (request.url === '/other') json({ arrived: true })(response);
      else response.writeHead(307, { location: elsewhere }).end();
    };
    const credential = headerCredential('X-Secret', 'secret');
    expect((await call(found, 'issues_get', get, { credential })).json).toEqual({ arrived: true });
    expect(seen.map(({ headers }) => headers['x-secret'])).toEqual(['secret', undefined]);
  });
});
