import { afterEach, describe, expect, it } from 'vitest';
import { EventReader } from './event-reader.js';
import { chatDocument, type GatewayUnderTest, startGateway } from './gateway-under-test.js';

const open: GatewayUnderTest[] = [];
const start = async (...options: Parameters<typeof startGateway>) => {
  const gateway = await startGateway(...options);
  open.push(gateway);
  return gateway;
};
afterEach(async () => {
  for (const gateway of open.splice(0)) await gateway.close();
});

describe('API keys', () => {
  it('begin with a random one that is told once and stored as a hash', async () => {
    const gateway = await start(null);
    const [key = ''] = gateway.firstKeys;
    expect(key).toMatch(/^tk_[\w-]{43}$/);
    expect((await gateway.call('/api/v1/runs')).status).toBe(200);
    const { rows } = await gateway.pool.query<Record<string, unknown>>('select * from api_key');
    expect(rows).toMatchObject([{ prefix: key.slice(0, 10), tenant_id: 'default', revoked_at: null }]);
    expect(JSON.stringify(rows)).not.toContain(key.slice(12));
    const again = await start(null, gateway.connectionString);
    expect(again.firstKeys).toEqual([]);
  });

  it('open nothing once revoked', async () => {
    const gateway = await start();
    await gateway.pool.query('update api_key set revoked_at = now()');
    expect((await gateway.call('/api/v1/runs')).status).toBe(401);
  });

  it('cannot be judged while the database is away: 503 and when to come again', async () => {
    const gateway = await start();
    await gateway.pool.end();
    const response = await fetch(`${gateway.url}/api/v1/runs`, { headers: { authorization: 'Bearer tk_other' } });
    expect(response.headers.get('retry-after')).toBe('1');
    expect([response.status, await response.json()]).toMatchObject([503, { code: 'unavailable' }]);
  });
});

describe('every answer', () => {
  it("carries the request id, the caller's own where it has one", async () => {
    const gateway = await start();
    const own = await gateway.call('/api/v1/runs/none', { headers: { 'x-request-id': 'mine-1' } });
    expect([own.headers.get('x-request-id'), await own.json()]).toMatchObject(['mine-1', { request_id: 'mine-1' }]);
    const odd = await gateway.call('/api/v1/runs', { headers: { 'x-request-id': 'a b<c' } });
    expect(odd.headers.get('x-request-id')).toMatch(/^[\da-f-]{36}$/);
  });

  it('is JSON, also where there is no route', async () => {
    const gateway = await start();
    const response = await fetch(`${gateway.url}/api/v1/nothing?a=b`);
    expect([response.status, await response.json()]).toMatchObject([
      404,
      { code: 'not_found', message: expect.stringContaining('/api/v1/nothing') },
    ]);
    expect((await gateway.call('/api/v1/runs', { method: 'DELETE' })).status).toBe(404);
  });
});

describe('without a key', () => {
  it('there are a front page, health and the description of the API', async () => {
    const gateway = await start();
    const home = await fetch(gateway.url);
    expect([home.headers.get('content-type'), await home.text()]).toEqual([
      'text/html; charset=utf-8',
      expect.stringContaining('/api/docs'),
    ]);
    expect((await fetch(`${gateway.url}/health/ready`)).status).toBe(200);
    expect(await (await fetch(`${gateway.url}/api/docs`)).text()).toContain('swagger');
    expect((await fetch(`${gateway.url}/api/docs/swagger-ui.css`)).status).toBe(200);
  });

  it('the description is OpenAPI 3.1 and names every route, body and answer', async () => {
    const gateway = await start();
    const document = (await (await fetch(`${gateway.url}/api/docs-json`)).json()) as {
      openapi: string;
      paths: Record<string, Record<string, { responses: Record<string, unknown>; requestBody?: unknown }>>;
      components: { schemas: Record<string, unknown> };
    };
    expect(document.openapi).toBe('3.1.0');
    const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    const served = gateway.routes.filter(
      ({ method, path }) =>
        // A GET of GraphQL only opens a WebSocket.
        (method !== 'HEAD' && /^\/(?:api\/v1\/|openai\/|v1(?:\/|$))/.test(path)) ||
        `${method} ${path}` === 'POST /graphql',
    );
    const named = served.map(({ method, path }) => {
      const parameters = path.replace(/:(\w+)/g, '{$1}').replace('*', '{path}');
      return `${method.toLowerCase()} ${parameters}`;
    });
    expect(routes.filter((route) => !route.includes('/health/')).sort()).toEqual(named.sort());
    expect(document.components.schemas).toMatchObject({
      Error: { type: 'object' },
      Run: { type: 'object' },
      StartRun: { type: 'object' },
      Workflow: { type: 'object' },
    });
    const text = JSON.stringify(document);
    for (const [, name = ''] of text.matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g))
      expect(document.components.schemas).toHaveProperty(name);
    expect(text).not.toMatch(/#\/\$defs\//);
  });
});

it('ends streams with a comment when it stops, and answers waiting starts with the run that goes on', async () => {
  const gateway = await start();
  const { id } = (await (
    await gateway.call('/api/v1/workflows', { method: 'POST', body: JSON.stringify(chatDocument) })
  ).json()) as { id: string };
  const json = { 'content-type': 'application/json' };
  const path = `/api/v1/workflows/${id}/runs`;
  const streamed = new EventReader(
    await gateway.call(path, { method: 'POST', body: '{"mode":"stream"}', headers: json }),
  );
  const begun = new Promise<void>((resolve) => (gateway.orchestrator.onStart = () => resolve()));
  const waiting = gateway.call(path, { method: 'POST', body: '{}', headers: json });
  await begun;
  const stopped = gateway.stop();
  await streamed.end();
  expect(streamed.comments).toContain('Last-Event-ID');
  const answer = await waiting;
  expect([answer.status, await answer.json()]).toMatchObject([202, { status: 'running' }]);
  expect(answer.headers.get('location')).toMatch(/^\/api\/v1\/runs\//);
  await stopped;
});
