import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { type TestAuthority, testAuthority } from '@treadle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gatewayConfig, httpSettings } from '../src/index.js';
import { type GatewayUnderTest, noModels, startGateway } from './gateway-under-test.js';

describe('the door', () => {
  let gateway: GatewayUnderTest;
  beforeAll(async () => {
    gateway = await startGateway(
      undefined,
      undefined,
      {},
      {
        corsOrigins: ['https://app.example.com'],
        trustedProxies: ['127.0.0.1'],
        headerTimeoutMs: 100,
        bodyTimeoutMs: 100,
        maxHeaders: 20,
      },
    );
  });
  afterAll(() => gateway.close());

  /** Sends bytes as they are; resolves with all that came back when the server has closed. */
  function raw(text: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1', () => socket.write(text));
      let answer = '';
      socket.on('data', (data) => (answer += data.toString()));
      socket.on('close', () => resolve(answer));
      socket.on('error', reject);
    });
  }

  it('says on every answer that it is nothing but what it is', async () => {
    for (const path of ['/api/v1/runs', '/api/v1/nowhere', '/health/live', '/', '/api/docs']) {
      const { headers } = await gateway.call(path);
      expect(headers.get('x-content-type-options'), path).toBe('nosniff');
      expect(headers.get('x-frame-options'), path).toBe('DENY');
      expect(headers.get('content-security-policy'), path).toMatch(
        /default-src '(?:none|self)'.*frame-ancestors 'none'/,
      );
      expect(headers.get('strict-transport-security'), path).toBeNull();
    }
  });

  it('lets pages of listed origins in, and no others', async () => {
    const ask = (origin: string) =>
      gateway.call('/api/v1/runs', {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'GET', 'access-control-request-headers': 'authorization' },
      });
    const listed = await ask('https://app.example.com');
    expect(listed.status).toBe(204);
    expect(listed.headers.get('access-control-allow-origin')).toBe('https://app.example.com');
    expect(listed.headers.get('access-control-allow-headers')).toContain('Authorization');
    const got = await gateway.call('/api/v1/runs', { headers: { origin: 'https://app.example.com' } });
    expect([got.status, got.headers.get('access-control-allow-origin')]).toEqual([200, 'https://app.example.com']);
    for (const origin of ['https://evil.example.com', 'https://app.example.com.evil.com', 'null']) {
      const refused = await ask(origin);
      expect(refused.headers.get('access-control-allow-origin'), origin).toBeNull();
      expect(refused.status, origin).toBe(404);
    }
    expect(got.headers.get('access-control-allow-credentials')).toBeNull();
    expect(got.headers.get('vary')).toBe('Origin');
  });

  it('answers heads that are too large, have too many headers or are no HTTP', async () => {
    const long = await raw(`GET / HTTP/1.1\r\nhost: x\r\nx-long: ${'a'.repeat(20_000)}\r\n\r\n`);
    expect(long).toMatch(/^HTTP\/1\.1 431 .*"code":"payload_too_large"/s);
    const many = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`x-${index}`, '1']));
    const refused = await gateway.call('/api/v1/runs', { headers: many });
    expect([refused.status, await refused.json()]).toMatchObject([431, { status: 431, code: 'payload_too_large' }]);
    expect(await raw('what is this\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 .*"code":"invalid_argument"/s);
  });

  it('waits for slow heads and slow bodies no longer than it is told to', async () => {
    expect(await raw('GET / HTTP/1.1\r\nhost: x\r\n')).toMatch(/^HTTP\/1\.1 408 .*"code":"deadline_exceeded"/s);
    const head =
      'POST /api/v1/auth/sign-in HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 50';
    expect(await raw(`${head}\r\n\r\n{"email"`)).toMatch(/^HTTP\/1\.1 408 .*"code":"deadline_exceeded"/s);
  });

  it('tells nobody about its insides when something goes wrong in them', async () => {
    const secretText = 'select hash from api_key at /srv/treadle/dist/main.js:10';
    gateway.models = { ...noModels, listModels: () => Promise.reject(new Error(secretText)) };
    const bug = await gateway.call('/openai/v1/models');
    expect(bug.status).toBe(500);
    const zero = await gateway.call('/api/v1/keys', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'zero\u0000byte' }),
    });
    for (const answer of [bug, zero]) {
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(await answer.text()).not.toMatch(/select|insert|invalid byte|\/srv|\bat \/|\.[jt]s\b|stack|node_modules/);
    }
    gateway.models = noModels;
  });
});

describe('TLS at the door', () => {
  let authority: TestAuthority;
  let folder: string;
  let gateway: GatewayUnderTest;
  beforeAll(async () => {
    authority = await testAuthority();
    folder = await mkdtemp(join(tmpdir(), 'treadle-door-'));
    await use('first');
    const paths = { certificatePath: join(folder, 'cert.pem'), keyPath: join(folder, 'key.pem') };
    gateway = await startGateway(undefined, undefined, {}, { tls: { ...paths, lookEveryMs: 20 } });
  });
  afterAll(async () => {
    await gateway.close();
    await authority.close();
    await rm(folder, { recursive: true });
  });

  async function use(name: string): Promise<void> {
    const { cert, key } = await authority.issue(name);
    await writeFile(join(folder, 'cert.pem'), cert);
    await writeFile(join(folder, 'key.pem'), key);
  }

  /** Whose certificate is shown to a new connection, and the answer's headers. */
  function visit() {
    return new Promise<{ name: string; headers: object }>((resolve, reject) => {
      const request = httpsRequest(`${gateway.url}/health/live`, { ca: authority.ca, agent: false }, (answer) => {
        const { subject } = (answer.socket as TLSSocket).getPeerCertificate();
        answer.resume().on('end', () => resolve({ name: String(subject.CN), headers: answer.headers }));
      });
      request.on('error', reject).end();
    });
  }

  it('is served with the certificate of the files, and a new one without a restart', async () => {
    expect(gateway.url).toMatch(/^https:/);
    const { name, headers } = await visit();
    expect(name).toBe('first');
    expect(headers).toMatchObject({ 'strict-transport-security': 'max-age=31536000' });
    await writeFile(join(folder, 'cert.pem'), 'half a certifi');
    expect((await visit()).name).toBe('first');
    await use('second');
    while ((await visit()).name !== 'second');
  });
});

describe('admission at the door', () => {
  let gateway: GatewayUnderTest;
  beforeAll(async () => {
    const { admission } = httpSettings(gatewayConfig.read({}));
    const one = { ...admission, min: 1, initial: 1, max: 1, maxWaiting: 1, maxWaitMs: 300 };
    gateway = await startGateway(undefined, undefined, {}, { admission: one });
  });
  afterAll(() => gateway.close());

  it('lets as many in as can be worked on, refuses the rest with a time to come back, and lets in all again afterwards', async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const reached = new Promise<void>((resolve) => {
      const listModels = async () => {
        resolve();
        await held;
        return { models: [], routes: [] };
      };
      gateway.models = { ...noModels, listModels };
    });
    const first = gateway.call('/openai/v1/models');
    await reached;
    const waiting = gateway.call('/api/v1/runs');
    let refused: Response;
    do refused = await gateway.call('/api/v1/runs');
    while (refused.status !== 503);
    expect(refused.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
    expect(await refused.json()).toMatchObject({
      code: 'unavailable',
      status: 503,
      message: expect.stringMatching(/Nothing was begun/),
    });
    const openAi = await gateway.call('/openai/v1/models');
    expect([openAi.status, await openAi.json()]).toMatchObject([
      503,
      { error: { type: 'server_error', code: 'unavailable' } },
    ]);
    for (const path of ['/health/live', '/approvals/nobody-knows', '/', '/?from=elsewhere'])
      expect(await (await gateway.call(path)).text(), path).not.toMatch(/more to do/);
    // The router is not asked, or it would know no such path; but it is for web pages, whose answers need its headers.
    const lost = { 'x-request-id': 'turned-away' };
    const nowhere = await gateway.call('/nowhere', { headers: lost });
    expect([
      nowhere.status,
      nowhere.headers.get('x-request-id'),
      nowhere.headers.get('x-content-type-options'),
    ]).toEqual([503, 'turned-away', 'nosniff']);
    expect(await nowhere.json()).toMatchObject({ code: 'unavailable', request_id: 'turned-away' });
    expect((await gateway.call('/nowhere', { headers: { origin: 'https://page.example' } })).status).toBe(404);
    expect((await waiting).status).toBe(503);
    release();
    expect((await first).status).toBe(200);
    expect(await (await gateway.call('/api/v1/runs')).json()).toHaveProperty('items');
  });
});

describe('rates at the door', () => {
  let gateway: GatewayUnderTest;
  beforeAll(async () => {
    const proxied = { trustedProxies: ['127.0.0.1'] };
    gateway = await startGateway(undefined, undefined, {}, proxied, ['tenant.read=5/86400', 'address.all=3/86400']);
  });
  afterAll(() => gateway.close());

  it('are told with every answer, and refuse what is too much, on every surface in its own shape', async () => {
    const answers = [];
    // The first request of a key is a stranger's.
    for (let count = 0; count < 6; count += 1) answers.push(await gateway.call('/api/v1/runs'));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200]);
    expect(answers.at(-1)?.headers.get('ratelimit-policy')).toBe('"tenant-read";q=5;w=86400');
    expect(answers.at(-1)?.headers.get('ratelimit')).toMatch(/^"tenant-read";r=0;t=\d+$/);
    const refused = await gateway.call('/api/v1/runs');
    expect([refused.status, await refused.json()]).toMatchObject([429, { code: 'limit_exceeded', status: 429 }]);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    const openAi = await gateway.call('/openai/v1/models');
    expect([openAi.status, await openAi.json()]).toMatchObject([429, { error: { type: 'rate_limit_error' } }]);
    expect((await gateway.call('/health/live')).status).toBe(200);
  });

  it('count strangers by the address that a trusted proxy tells', async () => {
    const knock = async (address: string) => {
      const { status } = await fetch(`${gateway.url}/api/v1/runs`, { headers: { 'x-forwarded-for': address } });
      return status;
    };
    const statuses = [];
    for (const address of ['10.0.0.1', '10.0.0.1', '10.0.0.1', '10.0.0.1', '10.0.0.2'])
      statuses.push(await knock(address));
    expect(statuses).toEqual([401, 401, 401, 429, 401]);
  });

  it('can be set for one organisation and one key', async () => {
    const put = (path: string, body: object) =>
      gateway.call(path, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    expect((await put('/api/v1/organisations/nowhere/rate-limits', {})).status).toBe(404);
    expect((await put('/api/v1/keys/1/rate-limits', { reads: {} })).status).toBe(400);
    const rates = { read: { quota: 1000, seconds: 60 } };
    expect((await put('/api/v1/organisations/default/rate-limits', rates)).status).toBe(200);
    expect((await put('/api/v1/keys/1/rate-limits', { read: { quota: 900, seconds: 60 } })).status).toBe(200);
    let answer = await gateway.call('/api/v1/runs');
    while (answer.headers.get('ratelimit-policy') !== '"key-read";q=900;w=60, "tenant-read";q=1000;w=60') {
      await answer.text();
      await new Promise((resolve) => setTimeout(resolve, 100));
      answer = await gateway.call('/api/v1/runs');
    }
    expect(answer.status).toBe(200);
    expect(await (await gateway.call('/api/v1/keys/1/rate-limits')).json()).toEqual({
      read: { quota: 900, seconds: 60 },
    });
    expect(await (await gateway.call('/api/v1/organisations/default/rate-limits')).json()).toEqual(rates);
  });

  it('are kept by the gateway alone while the database is away', async () => {
    await gateway.pool.end();
    const statuses = new Set<number>();
    for (let count = 0; count < 5; count += 1)
      statuses.add((await fetch(`${gateway.url}/api/v1/runs`, { headers: { 'x-forwarded-for': '10.9.9.9' } })).status);
    expect([...statuses]).toEqual([401, 429]);
  });
});
