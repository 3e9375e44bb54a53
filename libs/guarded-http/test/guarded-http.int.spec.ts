import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer, text } from 'node:stream/consumers';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import type { HttpQuestion } from '@treadle/nodes';
import { afterEach, describe, expect, it } from 'vitest';
import { AddressGuard, GuardedHttp, type StreamedQuestion, TenantHttp } from '../src/index.js';
import { selfSigned } from './self-signed.js';

const servers: Server[] = [];
const clients: GuardedHttp[] = [];

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const usual = { method: 'GET', headers: [], connectTimeoutSeconds: 5, readTimeoutSeconds: 5, maxBytes: 1000 };

function guarded(allow = ['127.0.0.1', 'localhost']) {
  const http = new GuardedHttp(new AddressGuard(allow));
  clients.push(http);
  return http;
}

const send = (question: Partial<HttpQuestion> & { url: string }, allow?: string[], signal?: AbortSignal) =>
  guarded(allow)
    .forSignal(signal ?? new AbortController().signal)
    .send({ ...usual, ...question });

const open = (question: Partial<StreamedQuestion> & { url: string }) =>
  guarded()
    .forSignal(new AbortController().signal)
    .open({ ...usual, ...question });

const withCode = (code: string, retryable?: boolean) => ({
  failure: retryable === undefined ? { code } : { code, retryable },
});

describe('GuardedHttp', () => {
  it('sends method, headers and body, and answers with status, headers and text', async () => {
    const url = await serve((request, response) => {
      void text(request).then((body) => {
        response.writeHead(201, { 'content-type': 'text/plain', 'set-cookie': ['a=1', 'b=2'] });
        response.end(`${request.method} ${request.url} ${String(request.headers['x-one'])} ${body}`);
      });
    });
    const headers = [['X-One', '1'], ['Content-Length', '999']] as const; // biome-ignore format: one line reads better
    const answer = await send({ url: `${url}/path?q=1#part`, method: 'post', headers, body: 'käse' });
    expect(answer).toMatchObject({ status: 201, body: 'POST /path?q=1 1 käse' });
    expect(answer.headers).toMatchObject({ 'content-type': 'text/plain', 'set-cookie': 'a=1, b=2' });
  });

  it('decodes the answer by its charset', async () => {
    const url = await serve((_request, response) => {
      response.setHeader('content-type', 'text/plain; charset=iso-8859-1');
      response.end(Buffer.from([0xe4]));
    });
    expect((await send({ url })).body).toBe('ä');
  });

  it('refuses a private address without connecting to it, by number or by name', async () => {
    let connected = false;
    const url = await serve((_request, response) => {
      connected = true;
      response.end();
    });
    await expect(send({ url }, [])).rejects.toMatchObject(withCode('address_blocked', false));
    const byName = url.replace('127.0.0.1', 'localhost');
    await expect(send({ url: byName }, [])).rejects.toMatchObject(withCode('address_blocked', false));
    expect(connected).toBe(false);
  });

  it('reaches an allowed name', async () => {
    const url = await serve((_request, response) => response.end('here'));
    expect((await send({ url: url.replace('127.0.0.1', 'localhost') })).body).toBe('here');
  });

  it('checks every hop of a redirect', async () => {
    const url = await serve((request, response) => {
      const target = request.url === '/file' ? 'file:///etc/passwd' : 'http://127.0.0.2:1/';
      response.writeHead(302, { location: target }).end();
    });
    await expect(send({ url })).rejects.toMatchObject(withCode('address_blocked'));
    await expect(send({ url: `${url}/file` })).rejects.toMatchObject(withCode('address_blocked'));
    await expect(send({ url: 'ftp://example.com/' })).rejects.toMatchObject(withCode('address_blocked'));
  });

  it('keeps the authorization on its host and drops it on the way to another', async () => {
    const seen: (string | undefined)[] = [];
    const other = await serve((request, response) => {
      seen.push(request.headers.authorization);
      response.end('arrived');
    });
    const url = await serve((request, response) => {
      seen.push(request.headers.authorization);
      const location = request.url === '/' ? '/again' : other;
      response.writeHead(307, { location }).end();
    });
    const answer = await send({ url, headers: [['Authorization', 'Bearer secret']] });
    expect(answer.body).toBe('arrived');
    expect(seen).toEqual(['Bearer secret', 'Bearer secret', undefined]);
  });

  it('turns a redirected POST into a GET, and keeps it with 307', async () => {
    const url = await serve((request, response) => {
      if (request.url === '/end') return void response.end(request.method);
      response.writeHead(Number(request.url?.slice(1)), { location: '/end' }).end();
    });
    const post = { method: 'POST', body: 'x' };
    expect((await send({ ...post, url: `${url}/302` })).body).toBe('GET');
    expect((await send({ ...post, url: `${url}/303` })).body).toBe('GET');
    expect((await send({ ...post, url: `${url}/307` })).body).toBe('POST');
  });

  it('follows five redirects and no more', async () => {
    const url = await serve((request, response) => {
      const left = Number(request.url?.slice(1));
      if (left === 0) response.end('there');
      else response.writeHead(302, { location: `/${left - 1}` }).end();
    });
    expect((await send({ url: `${url}/5` })).body).toBe('there');
    await expect(send({ url: `${url}/6` })).rejects.toMatchObject(withCode('http_request_failed', false));
  });

  it('refuses an answer above its limit, also when its length was not announced', async () => {
    const url = await serve((_request, response) => {
      const more = () => {
        while (response.write('x'.repeat(100)));
        response.once('drain', more);
      };
      more();
    });
    await expect(send({ url })).rejects.toMatchObject(withCode('http_response_too_large', false));
  });

  it('says that a request failed when the connection is refused, cut or too slow', async () => {
    const cut = await serve((request) => request.socket.destroy());
    await expect(send({ url: cut })).rejects.toMatchObject(withCode('http_request_failed', true));
    const slow = await serve(() => undefined);
    await expect(send({ url: slow, readTimeoutSeconds: 0.1 })).rejects.toMatchObject(
      withCode('http_request_failed', true),
    );
    await expect(send({ url: 'http://127.0.0.1:1/' })).rejects.toMatchObject(withCode('http_request_failed', true));
    await expect(send({ url: 'not an address' })).rejects.toMatchObject(withCode('node_configuration', false));
  });

  it('gives an answer as it comes, before its end', async () => {
    const finish = Promise.withResolvers<void>();
    const url = await serve((_request, response) => {
      response.write('first');
      void finish.promise.then(() => response.end('second'));
    });
    const answer = await open({ url });
    const parts: string[] = [];
    for await (const chunk of answer.body) {
      parts.push(Buffer.from(chunk).toString());
      finish.resolve();
    }
    expect(parts).toEqual(['first', 'second']);
  });

  it('sends bytes as they are, and lets go of an answer nobody reads', async () => {
    const closed = Promise.withResolvers<string>();
    const url = await serve((request, response) => {
      void buffer(request).then((body) => {
        response.on('close', () => closed.resolve(body.toString('hex')));
        response.write('never ends');
      });
    });
    const answer = await open({ url, method: 'POST', body: new Uint8Array([0, 255, 10]) });
    answer.cancel();
    expect(await closed.promise).toBe('00ff0a');
  });

  it('drops a secret header of any name on the way to another host', async () => {
    const seen: (string | undefined)[] = [];
    const other = await serve((request, response) => {
      seen.push(request.headersDistinct['x-api-key']?.[0]);
      response.end();
    });
    const url = await serve((request, response) => {
      seen.push(request.headersDistinct['x-api-key']?.[0]);
      response.writeHead(302, { location: request.url === '/' ? '/again' : other }).end();
    });
    (await open({ url, headers: [['X-Api-Key', 'secret']], secretHeaders: ['X-API-Key'] })).cancel();
    expect(seen).toEqual(['secret', 'secret', undefined]);
  });

  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
    ['gzip, br', (text: string) => brotliCompressSync(gzipSync(text))],
    ['identity', (text: string) => Buffer.from(text)],
  ])('unpacks what a server packs although nobody asked for it: %s', async (encoding, pack) => {
    const url = await serve((request, response) => {
      const packed = pack(request.url === '/' ? 'käse' : 'x'.repeat(5_000_000));
      response.writeHead(200, { 'content-encoding': encoding, 'content-length': packed.length }).end(packed);
    });
    const answer = await send({ url });
    expect([answer.body, Buffer.from(answer.bytes).toString()]).toEqual(['käse', 'käse']);
    await expect(send({ url: `${url}/bomb`, maxBytes: 100_000 })).rejects.toMatchObject(
      withCode('http_response_too_large'),
    );
  });

  it('says that a request failed when what comes is not what it says it is', async () => {
    const url = await serve((_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('no gzip'));
    await expect(send({ url })).rejects.toMatchObject(withCode('http_request_failed'));
  });

  it('checks certificates, unless the question and the operator both say not to', async () => {
    const server = createTlsServer(selfSigned, (_, response) => response.end('private'));
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const ask = (allowUnverified: boolean, verifyCertificate?: boolean) => {
      const http = new GuardedHttp(new AddressGuard(['127.0.0.1']), { allowUnverified });
      clients.push(http);
      return http.forSignal(new AbortController().signal).send({ ...usual, url, verifyCertificate });
    };
    const advice = {
      failure: { code: 'http_request_failed', message: expect.stringContaining('TREADLE_HTTP_ALLOW_UNVERIFIED') },
    };
    await expect(ask(false, false)).rejects.toMatchObject(advice);
    await expect(ask(true, true)).rejects.toMatchObject(advice);
    await expect(ask(true)).rejects.toMatchObject(advice);
    expect((await ask(true, false)).body).toBe('private');
  });

  it('lets a tenant reach what the list has for it, and nobody else', async () => {
    const url = await serve((_, response) => response.end('inside'));
    const http = new TenantHttp(['127.0.0.9', 'acme=127.0.0.1']);
    clients.push(http.of('acme'), http.of('other'));
    const as = (tenant: string) =>
      http
        .of(tenant)
        .forSignal(new AbortController().signal)
        .send({ ...usual, url });
    expect((await as('acme')).body).toBe('inside');
    await expect(as('other')).rejects.toMatchObject(withCode('address_blocked'));
    expect(() => new TenantHttp(['acme=10.0.0.0/99'])).toThrow(/TREADLE_HTTP_ALLOW/);
    await http.close();
  });

  it('ends with its signal', async () => {
    const stop = new AbortController();
    const url = await serve(() => stop.abort());
    await expect(send({ url }, undefined, stop.signal)).rejects.toMatchObject(withCode('http_request_failed'));
  });
});
