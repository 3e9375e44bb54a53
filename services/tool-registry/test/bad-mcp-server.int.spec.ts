import type { ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { JsonObject } from '@treadle/workflow';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { CallWorld, DiscoveredTool } from '../src/domain/toolset-kind.js';
import { makeMcp } from '../src/kinds/mcp/index.js';
import { Servers } from './mcp-servers.js';
import { headerCredential, openHttp, worldOf } from './worlds.js';

const servers = new Servers();
const http = openHttp();
const mcp = makeMcp();

afterEach(() => servers.end());
afterAll(async () => {
  await mcp.close?.();
  await http.close();
});

interface Asked {
  readonly method: string;
  readonly id?: string;
  readonly params: JsonObject;
}
interface Received extends Asked {
  readonly http: string;
  readonly headers: NodeJS.Dict<string[]>;
}

type Reply = (asked: Asked, response: ServerResponse) => unknown;

const sendJson = (response: ServerResponse, value: unknown, headers = {}) =>
  response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));

const result = (asked: Asked, value: unknown) => ({ jsonrpc: '2.0', id: asked.id, result: value });
const answerWith =
  (value: unknown): Reply =>
  (asked, response) =>
    sendJson(response, result(asked, value));
const event = (value: unknown, id = '') => `${id && `id: ${id}\n`}data: ${JSON.stringify(value)}\n\n`;
const stream = (response: ServerResponse) => response.writeHead(200, { 'content-type': 'text/event-stream' });

const hello = { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 'bad', version: '1' } };
const oneTool = { tools: [{ name: 'work', inputSchema: { type: 'object' } }] };

/** A server that behaves but for what a spec replaces. `GET` and `DELETE` come as methods of that name. */
async function serverWith(replies: Record<string, Reply> = {}) {
  const received: Received[] = [];
  let sessions = 0;
  const usual: Record<string, Reply> = {
    initialize: (asked, response) =>
      sendJson(response, result(asked, hello), { 'mcp-session-id': `session-${++sessions}` }),
    'tools/list': answerWith(oneTool),
    'tools/call': answerWith({ content: [{ type: 'text', text: 'done' }] }),
  };
  const url = await servers.serve((request, response) => {
    void text(request).then((body) => {
      const asked = (body === '' ? { method: request.method, params: {} } : JSON.parse(body)) as Asked;
      received.push({ ...asked, http: request.method ?? '', headers: request.headersDistinct });
      const reply = replies[asked.method] ?? usual[asked.method];
      if (reply) reply(asked, response);
      else response.writeHead(asked.method === 'GET' ? 405 : 202).end();
    });
  });
  const methods = () => received.map(({ method }) => method);
  return { url: `${url}/mcp`, received, methods };
}

const discover = (url: string, wishes: Partial<CallWorld> = {}, more = {}) =>
  mcp.discover({ url, ...more }, worldOf(http, wishes));
const tool = (invocation: JsonObject = {}): DiscoveredTool => ({
  name: 'work',
  description: '',
  parameters: { type: 'object' },
  mutating: true,
  repeatable: false,
  invocation: { name: 'work', ...invocation },
});
const call = (url: string, wishes: Partial<CallWorld> = {}, invocation = {}) =>
  mcp.call(tool(invocation), { url }, {}, worldOf(http, wishes));
const failing = (code: string, message = /./) => ({
  failure: expect.objectContaining({ code, message: expect.stringMatching(message) }),
});

describe('what an MCP server may do wrong', () => {
  it('hangs: the call ends at its deadline, and the server is told', async () => {
    const told = Promise.withResolvers<Asked>();
    const deadline = new AbortController();
    const { url, received } = await serverWith({
      'tools/call': () => deadline.abort(),
      'notifications/cancelled': (asked, response) => {
        response.writeHead(202).end();
        told.resolve(asked);
      },
    });
    await expect(call(url, { signal: deadline.signal })).rejects.toMatchObject(
      failing('deadline_exceeded', /more time/),
    );
    const { params } = await told.promise;
    expect(params.requestId).toBe(received.find(({ method }) => method === 'tools/call')?.id);
  });

  it('hangs in the middle of a stream, or when it is listed', async () => {
    const { url } = await serverWith({
      'tools/call': (_asked, response) =>
        stream(response).write(event({ jsonrpc: '2.0', method: 'notifications/progress', params: {} })),
      'tools/list': () => undefined,
    });
    await expect(call(url, { signal: AbortSignal.timeout(100) })).rejects.toMatchObject(failing('deadline_exceeded'));
    await expect(discover(url, { signal: AbortSignal.timeout(100) })).rejects.toMatchObject(
      failing('deadline_exceeded'),
    );
  });

  it.each(['application/json', 'text/event-stream'])('answers 50 MB as %s: it is cut off', async (mediaType) => {
    let sent = 0;
    const { url } = await serverWith({
      'tools/call': (asked, response) => {
        response.writeHead(200, { 'content-type': mediaType });
        response.write(
          `${mediaType === 'text/event-stream' ? 'data: ' : ''}{"jsonrpc":"2.0","id":"${asked.id}","result":{"content":[{"type":"text","text":"`,
        );
        const more = () => {
          while (sent < 50_000_000 && !response.destroyed) {
            sent += 65_536;
            if (!response.write('x'.repeat(65_536))) return void response.once('drain', more);
          }
        };
        more();
      },
    });
    await expect(call(url)).rejects.toMatchObject(failing('tool_answer_too_large', /Ask for less/));
    expect(sent).toBeLessThan(20_000_000);
  });

  it('lies about the form of its answers', async () => {
    const outputSchema = { type: 'object', properties: { degrees: { type: 'number' } }, required: ['degrees'] };
    const { url } = await serverWith({
      'tools/call': answerWith({ content: [], structuredContent: { degrees: 'warm' } }),
    });
    await expect(call(url, {}, { outputSchema })).rejects.toMatchObject(
      failing('tool_answer_invalid', /form that the tool itself promises/),
    );
  });

  it('offers tools that cannot be called: they are left out, each with a sentence', async () => {
    const tools = [
      { name: 'good', inputSchema: { type: 'object', properties: { a: { type: 'strnig', pattern: '(' } } } },
      { inputSchema: { type: 'object' } },
      { name: 'list', inputSchema: { type: 'array' } },
      { name: 'none' },
      { name: 'elsewhere', inputSchema: { type: 'object', properties: { a: { $ref: 'https://e.example/s.json' } } } },
      { name: 'nowhere', inputSchema: { type: 'object', properties: { a: { $ref: '#/$defs/A' } } } },
      'nonsense',
    ];
    const { url } = await serverWith({ 'tools/list': answerWith({ tools }) });
    const found = await discover(url);
    expect(found.tools.map(({ name }) => name)).toEqual(['good']);
    expect(found.warnings).toEqual([
      expect.stringMatching(/^A tool .*no name/),
      expect.stringMatching(/"list" .*not that of an object/),
      expect.stringMatching(/"none" .*not that of an object/),
      expect.stringMatching(/"elsewhere" .*leads out of the document/),
      expect.stringMatching(/"nowhere" .*leads to nothing/),
      expect.stringMatching(/^A tool .*no name/),
    ]);
    const { url: useless } = await serverWith({ 'tools/list': answerWith({ tools: tools.slice(1) }) });
    await expect(discover(useless)).rejects.toMatchObject(
      failing('tool_source_invalid', /offers no tool that can be called/),
    );
  });

  it('lists 100,000 tools, at once or page by page', async () => {
    const many = (count: number, from = 0) =>
      Array.from({ length: count }, (_, index) => ({ name: `tool-${from + index}`, inputSchema: { type: 'object' } }));
    const { url: atOnce } = await serverWith({ 'tools/list': answerWith({ tools: many(100_000) }) });
    await expect(discover(atOnce)).rejects.toMatchObject(failing('limit_exceeded', /more than 500 tools.*Choose some/));
    const { url: paged, methods } = await serverWith({
      'tools/list': (asked, response) => {
        const from = Number(asked.params.cursor ?? 0);
        sendJson(response, result(asked, { tools: many(100, from), nextCursor: String(from + 100) }));
      },
    });
    await expect(discover(paged)).rejects.toMatchObject(failing('limit_exceeded', /Choose some/));
    expect(methods().filter((method) => method === 'tools/list')).toHaveLength(6);
  });

  it('lists its tools in a circle, or without a list', async () => {
    const { url } = await serverWith({ 'tools/list': answerWith({ ...oneTool, nextCursor: 'again' }) });
    await expect(discover(url)).rejects.toMatchObject(failing('tool_answer_invalid', /without end/));
    const { url: empty } = await serverWith({ 'tools/list': answerWith({}) });
    await expect(discover(empty)).rejects.toMatchObject(failing('tool_answer_invalid', /without a list/));
  });

  it.each([
    ['no JSON', '{"jsonrpc": "2.0", oops', /is not JSON/],
    ['no JSON-RPC', '{"answer": 42}', /is not JSON-RPC/],
    ['neither result nor error', '{"jsonrpc": "2.0", "id": 1}', /neither a result nor an error/],
    ['a number', '42', /is not JSON-RPC/],
  ])('sends %s, plainly and as an event', async (_what, body, message) => {
    for (const mediaType of ['application/json', 'text/event-stream']) {
      const written = mediaType === 'application/json' ? body : `data: ${body}\n\n`;
      const { url } = await serverWith({
        'tools/call': (_asked, response) => response.writeHead(200, { 'content-type': mediaType }).end(written),
      });
      await expect(call(url)).rejects.toMatchObject(failing('tool_answer_invalid', message));
    }
  });

  it('answers a web page, or nothing at all', async () => {
    const { url } = await serverWith({
      initialize: (_asked, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
    });
    await expect(discover(url)).rejects.toMatchObject(
      failing('tool_answer_invalid', /text\/html.*streamable HTTP endpoint/),
    );
    const { url: silent } = await serverWith({ 'tools/call': (_asked, response) => response.writeHead(202).end() });
    await expect(call(silent)).rejects.toMatchObject(failing('tool_answer_invalid', /answered with nothing/));
  });

  it('dies in the middle of its answer', async () => {
    const { url } = await serverWith({
      'tools/call': (_asked, response) => {
        stream(response).write(event({ jsonrpc: '2.0', method: 'notifications/progress', params: {} }), () =>
          response.destroy(),
        );
      },
    });
    await expect(call(url)).rejects.toMatchObject(failing('http_request_failed'));
    const { url: polite } = await serverWith({ 'tools/call': (_asked, response) => stream(response).end() });
    await expect(call(polite)).rejects.toMatchObject(failing('tool_failed', /hung up before it had answered/));
  });

  it('hangs up in between and lets the stream be taken up again', async () => {
    let asked: Asked | undefined;
    const { url, received } = await serverWith({
      'tools/call': (one, response) => {
        asked = one;
        stream(response).end(
          `retry: 1\n${event({ jsonrpc: '2.0', method: 'notifications/progress', params: {} }, 'e-1')}`,
        );
      },
      GET: (_one, response) =>
        stream(response).end(event(result(asked!, { content: [{ type: 'text', text: 'at last' }] }), 'e-2')),
    });
    expect((await call(url)).text).toBe('at last');
    expect(received.find(({ http: method }) => method === 'GET')?.headers).toMatchObject({
      'last-event-id': ['e-1'],
      'mcp-session-id': ['session-1'],
    });
  });

  it('asks back: a ping is answered, everything else refused, and not for ever', async () => {
    const { url, received } = await serverWith({
      'tools/call': (asked, response) => {
        const questions = ['ping', 'sampling/createMessage'].map((method, index) =>
          event({ jsonrpc: '2.0', id: `q${index}`, method }),
        );
        stream(response).end(questions.join('') + event(result(asked, { content: [] })));
      },
    });
    await call(url);
    expect(received.filter((one) => 'result' in one || 'error' in one)).toMatchObject([
      { id: 'q0', result: {} },
      { id: 'q1', error: { code: -32601 } },
    ]);
    const { url: curious } = await serverWith({
      'tools/call': (_asked, response) =>
        stream(response).end(event({ jsonrpc: '2.0', id: 1, method: 'ping' }).repeat(200)),
    });
    await expect(call(curious)).rejects.toMatchObject(failing('tool_answer_invalid', /asks without end/));
  });

  it('refuses: what a model can mend is an outcome', async () => {
    const refusal: Reply = (asked, response) =>
      sendJson(response, { jsonrpc: '2.0', id: asked.id, error: { code: -32602, message: 'a is missing' } });
    const { url } = await serverWith({ 'tools/call': refusal });
    expect(await call(url)).toMatchObject({ isError: true, text: expect.stringContaining('a is missing (-32602)') });
    const { url: unlisted } = await serverWith({ 'tools/list': refusal });
    await expect(discover(unlisted)).rejects.toMatchObject(failing('tool_source_invalid', /does not list its tools/));
    const { url: closed } = await serverWith({ initialize: refusal });
    await expect(discover(closed)).rejects.toMatchObject(failing('tool_failed', /refuses to begin a session/));
  });

  it('speaks a version that we do not', async () => {
    const { url } = await serverWith({ initialize: answerWith({ ...hello, protocolVersion: '1999-01-01' }) });
    await expect(discover(url)).rejects.toMatchObject(failing('tool_answer_invalid', /"1999-01-01"/));
  });

  it.each([
    [401, 'credential_refused', /asks for a credential/],
    [404, 'tool_failed', /Check that the address/],
    [405, 'tool_failed', /Check that the address/],
    [429, 'tool_rate_limited', /too often/],
    [500, 'tool_failed', /status 500/],
    [503, 'tool_unavailable', /Try again later/],
  ])('answers with status %i: %s', async (status, code, message) => {
    const { url } = await serverWith({ initialize: (_asked, response) => response.writeHead(status).end() });
    await expect(discover(url)).rejects.toMatchObject(failing(code, message));
  });

  it('is not there, or where nobody may go', async () => {
    await expect(discover('http://127.0.0.1:1/mcp')).rejects.toMatchObject(failing('http_request_failed'));
    await expect(discover('http://169.254.169.254/mcp')).rejects.toMatchObject(failing('address_blocked'));
    await expect(mcp.discover({ url: 'stdio:server' }, worldOf(http))).rejects.toMatchObject({
      failure: { code: 'invalid_argument', field: 'url' },
    });
  });
});

describe('sessions', () => {
  const sessionOf = ({ headers }: Received) => headers['mcp-session-id']?.[0];

  it('are kept between calls, and say the version that was agreed on', async () => {
    const { url, received, methods } = await serverWith();
    await call(url);
    await call(url);
    expect(methods()).toEqual(['initialize', 'notifications/initialized', 'tools/call', 'tools/call']);
    expect(received.map(sessionOf)).toEqual([undefined, 'session-1', 'session-1', 'session-1']);
    expect(received[2]?.headers['mcp-protocol-version']).toEqual(['2025-06-18']);
  });

  it('are never shared between tenants, nor between credentials', async () => {
    const { url, received } = await serverWith();
    await call(url, { tenantId: 'one' });
    await call(url, { tenantId: 'two' });
    await call(url, { tenantId: 'one', credential: headerCredential('Authorization', 'Bearer a') });
    await call(url, { tenantId: 'one', credential: headerCredential('Authorization', 'Bearer b') });
    await call(url, { tenantId: 'one' });
    const calls = received.filter(({ method }) => method === 'tools/call');
    expect(calls.map(sessionOf)).toEqual(['session-1', 'session-2', 'session-3', 'session-4', 'session-1']);
    expect(calls.map(({ headers }) => headers.authorization?.[0])).toEqual([
      undefined,
      undefined,
      'Bearer a',
      'Bearer b',
      undefined,
    ]);
  });

  it('serve one call at a time', async () => {
    const both = Promise.withResolvers<void>();
    let waiting = 0;
    const { url, received } = await serverWith({
      'tools/call': (asked, response) => {
        if (++waiting === 2) both.resolve();
        void both.promise.then(() => answerWith({ content: [] })(asked, response));
      },
    });
    await Promise.all([call(url), call(url)]);
    const used = received.filter(({ method }) => method === 'tools/call').map(sessionOf);
    expect(used.sort()).toEqual(['session-1', 'session-2']);
  });

  it.each([404, 400])('that the server has forgotten are begun again (status %i)', async (status) => {
    let forgotten = false;
    const { url, methods } = await serverWith({
      'tools/call': (asked, response) => {
        if (!forgotten) return answerWith({ content: [] })(asked, response);
        forgotten = false;
        return response.writeHead(status).end();
      },
    });
    await call(url);
    forgotten = true;
    await call(url);
    expect(methods().slice(3)).toEqual(['tools/call', 'initialize', 'notifications/initialized', 'tools/call']);
  });

  it('that are forgotten at once are a failure', async () => {
    const { url } = await serverWith({ 'tools/call': (_asked, response) => response.writeHead(404).end() });
    await expect(call(url)).rejects.toMatchObject(failing('tool_answer_invalid', /forgets the session/));
  });

  it('are ended when the kind is closed', async () => {
    const { url, received } = await serverWith();
    const own = makeMcp();
    await own.call(tool(), { url }, {}, worldOf(http));
    await own.close?.();
    expect(received.at(-1)).toMatchObject({ http: 'DELETE' });
    expect(sessionOf(received.at(-1)!)).toBe('session-1');
  });
});
