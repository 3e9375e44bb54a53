import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { HttpQuestion } from '@treadle/nodes';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AddressGuard, GuardedHttp } from '../src/index.js';
import { NameServer } from './name-server.js';
import { namedAttempts, redirectAttempts, writtenAttempts } from './ssrf-attempts.js';

/** Stands for a server outside: the one address of this machine that the guard of these specs lets through. */
const outside = '127.0.0.77';

const servers: Server[] = [];
const names = new NameServer();
let reached: IncomingMessage[] = [];
let port: number;
let http: GuardedHttp;

async function serve(listener: RequestListener, host: string, at = 0): Promise<number> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(at, host, resolve));
  return (server.address() as AddressInfo).port;
}

beforeAll(async () => {
  await names.start();
  const canary: RequestListener = (request, response) => {
    reached.push(request);
    response.end('inside');
  };
  port = await serve(canary, '127.0.0.1');
  await serve(canary, '::1', port).catch(() => undefined);
  http = new GuardedHttp(new AddressGuard([outside], names.resolve));
});
beforeEach(() => {
  reached = [];
});
afterAll(async () => {
  await http.close();
  names.stop();
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

const send = (url: string, question: Partial<HttpQuestion> = {}) =>
  http.forSignal(new AbortController().signal).send({
    method: 'GET',
    url: url.replaceAll('$port', String(port)),
    headers: [],
    connectTimeoutSeconds: 5,
    readTimeoutSeconds: 5,
    maxBytes: 1000,
    ...question,
  });

/** Refused before anything was sent: as an address inside, or as none at all. */
const refused = {
  failure: { code: expect.stringMatching(/^(?:address_blocked|node_configuration)$/), retryable: false },
};
const blocked = { failure: { code: 'address_blocked', retryable: false } };

describe('a request that is to get inside', () => {
  it('is counted', () => {
    expect(writtenAttempts.length + namedAttempts.length + redirectAttempts.length).toBeGreaterThanOrEqual(130);
    expect(new Set(writtenAttempts.map(([, url]) => url)).size).toBe(writtenAttempts.length);
  });

  it.each(writtenAttempts)('by %s is refused: %s', async (_, url) => {
    await expect(send(url)).rejects.toMatchObject(refused);
    expect(reached).toEqual([]);
  });

  it.each(namedAttempts)('by the name %s, which is %j, is refused', async (name, addresses) => {
    names.answers.set(new URL(`http://${name}`).hostname.replace(/\.$/, ''), [addresses]);
    await expect(send(`http://${name}:${port}/`)).rejects.toMatchObject(blocked);
    expect(reached).toEqual([]);
  });

  it.each(redirectAttempts)('by a redirect to %s is refused: %s', async (_, target) => {
    const location = target.replaceAll('$port', String(port));
    names.answers.set('localhost', [['127.0.0.1']]);
    const at = await serve((request, response) => {
      const [, hop] = request.url?.split('/') ?? [];
      response.writeHead(hop === 'first' ? 307 : 302, { location: hop === 'first' ? '/second' : location }).end();
    }, outside);
    for (const path of ['first', 'second']) {
      await expect(send(`http://${outside}:${at}/${path}`)).rejects.toMatchObject(blocked);
    }
    expect(reached).toEqual([]);
  });

  it('by a name that means something else when it is asked again never leads where the second answer says', async () => {
    const at = await serve(
      (_, response) => void response.writeHead(200, { connection: 'close' }).end('outside'),
      outside,
    );
    await serve(
      (request, response) => {
        reached.push(request);
        response.end('inside');
      },
      '127.0.0.1',
      at,
    );
    names.answers.set('rebinding.example', [[outside], ['127.0.0.1']]);
    expect((await send(`http://rebinding.example:${at}/`)).body).toBe('outside');
    expect(names.asked('rebinding.example')).toBe(1);
    await expect(send(`http://rebinding.example:${at}/`)).rejects.toMatchObject(blocked);
    expect(reached).toEqual([]);
  });

  it.each([
    ['a line break', [['X-A', 'x\r\nHost: inside']]],
    ['a line break in a name', [['X-A\r\nX-B', 'x']]],
    ['a null character', [['X-A', 'x\0y']]],
  ] as const)('by headers with %s is not sent', async (_, headers) => {
    const at = await serve((request, response) => {
      reached.push(request);
      response.end();
    }, outside);
    await expect(send(`http://${outside}:${at}/`, { headers })).rejects.toMatchObject({
      failure: { code: 'http_request_failed', retryable: false },
    });
    expect(reached).toEqual([]);
  });

  it.each(['Host', 'HOST', ' host '])('by the header "%s" of somebody else is refused', async (name) => {
    await expect(send(`http://${outside}:${port}/`, { headers: [[name, '127.0.0.1']] })).rejects.toMatchObject(blocked);
  });

  it('by headers of the connection goes without them', async () => {
    const at = await serve((request, response) => {
      reached.push(request);
      response.end();
    }, outside);
    const names = [
      'Connection',
      'Proxy-Authorization',
      'TE',
      'Trailer',
      'Transfer-Encoding',
      'Upgrade',
      'Expect',
      'HTTP2-Settings',
    ];
    await send(`http://${outside}:${at}/`, { headers: names.map((name) => [name, 'x'] as const) });
    const { headers } = reached[0]!;
    expect(names.filter((name) => headers[name.toLowerCase()] === 'x')).toEqual([]);
    expect(headers.host).toBe(`${outside}:${at}`);
  });

  it.each(['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'ALL_PROXY', 'NODE_USE_ENV_PROXY'])(
    'by %s of the environment is not',
    async (name) => {
      const at = await serve((_, response) => void response.end('outside'), outside);
      process.env[name] = name === 'NODE_USE_ENV_PROXY' ? '1' : `http://127.0.0.1:${port}`;
      try {
        expect((await send(`http://${outside}:${at}/`)).body).toBe('outside');
        expect(reached).toEqual([]);
      } finally {
        delete process.env[name];
      }
    },
  );
});

describe('a request to somewhere else', () => {
  it('gets there: by address, by name, by redirects, with name and password', async () => {
    const at = await serve((request, response) => {
      if (request.url === '/moved')
        return void response.writeHead(308, { location: '//other.example:$port/x'.replace('$port', String(at)) }).end();
      response.end(`${request.headers.host} ${request.headers.authorization ?? ''}`);
    }, outside);
    for (const name of ['good.example', 'other.example']) names.answers.set(name, [[outside]]);
    expect((await send(`http://${outside}:${at}/`)).body).toBe(`${outside}:${at} `);
    expect((await send(`http://2130706509:${at}/`)).body).toBe(`${outside}:${at} `);
    expect((await send(`http://good.example:${at}/`)).body).toBe(`good.example:${at} `);
    expect((await send(`http://good.example:${at}/moved`)).body).toBe(`other.example:${at} `);
    expect((await send(`http://good.example:${at}/`, { headers: [['host', `good.example:${at}`]] })).body).toContain(
      'good.example',
    );
    expect((await send(`http://a:b%20c@good.example:${at}/`)).body).toContain(
      `Basic ${Buffer.from('a:b c').toString('base64')}`,
    );
  });

  it.each([
    '8.8.8.8',
    '1.1.1.1',
    '93.184.216.34',
    '100.63.255.255',
    '100.128.0.1',
    '172.15.0.1',
    '172.32.0.1',
    '192.169.0.1',
    '168.63.129.17',
    '2606:4700::1111',
    '2a00:1450::1',
    '2001:4860::8888',
  ])('is let through to %s', (address) => {
    const guard = new AddressGuard();
    expect(() => guard.checkHost(address.includes(':') ? `[${address}]` : address)).not.toThrow();
  });
});
