import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, isIP } from 'node:net';
import { AddressGuard, type Resolve } from '@treadle/guarded-http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Provider } from '../src/domain/provider.js';
import { modelProxyConfig } from '../src/index.js';
import { makeProvider } from '../src/providers/catalog.js';
import { savedProviders } from '../src/providers/saved-providers.js';

/** Stands for a server outside: the one address of this machine that the guard of these specs lets through. */
const outside = '127.0.0.77';
const inside = '127.0.0.1';
const servers: Server[] = [];
const names = new Map<string, string[]>();
let reached: string[] = [];
let leads: string | undefined;
let port: number;

/** Answers what comes next for a name; the last answer stays. */
const resolve: Resolve = (host, done) => {
  const answers = names.get(host) ?? [];
  const address = answers.length > 1 ? answers.shift() : answers[0];
  if (address === undefined) done(new Error(`getaddrinfo ENOTFOUND ${host}`), []);
  else done(null, [{ address, family: isIP(address) }]);
};

/** A model server that says who was asked, and may send its callers elsewhere. It closes each connection. */
const answer = (request: IncomingMessage, response: ServerResponse) => {
  reached.push(request.socket.localAddress ?? '');
  response.setHeader('connection', 'close');
  if (leads !== undefined) response.writeHead(307, { location: leads }).end();
  else response.setHeader('content-type', 'application/json').end('{"data":[{"id":"small"}],"models":[]}');
};

beforeAll(async () => {
  for (const host of [outside, inside]) {
    const server = createServer(answer);
    servers.push(server);
    await once(server.listen(port ?? 0, host), 'listening');
    ({ port } = server.address() as AddressInfo);
  }
});
beforeEach(() => {
  reached = [];
  leads = undefined;
});
afterAll(() => {
  for (const server of servers) server.close();
});

const timeouts = { connectTimeoutMs: 2000, silenceTimeoutMs: 2000 };
const blocked = { failure: { code: 'address_blocked', retryable: false, details: { reached: false } } };
const stored = (baseUrl: string, kind = 'openai-compatible') => ({
  ...{ name: 'own', kind, baseUrl, apiKey: undefined, options: {}, mergesRepeats: false },
});

async function models(provider: Provider): Promise<readonly string[]> {
  try {
    return await provider.listModels();
  } finally {
    await provider.close('now');
  }
}

const guarded = (host: string, kind?: string) =>
  makeProvider(stored(`http://${host}:${port}/v1`, kind), timeouts, new AddressGuard([outside], resolve));

describe('the server of a saved provider', () => {
  it.each(['anthropic', 'azure-openai', 'google-gemini', 'ollama', 'openai', 'openai-compatible'])(
    'is not asked inside, whatever kind it is: %s',
    async (kind) => {
      names.set('inside.example', [inside]);
      const call = { model: 'm', messages: [], parameters: {}, idempotencyKey: '', deadlineUnixMs: 0 };
      for (const host of [inside, 'inside.example', '[::1]', '2130706433', '[::ffff:127.0.0.1]']) {
        const provider = guarded(host, kind);
        await expect(provider.chat(call)[Symbol.asyncIterator]().next()).rejects.toMatchObject(blocked);
        await provider.close('now');
      }
      expect(reached).toEqual([]);
    },
  );

  it('is asked outside', async () => {
    names.set('outside.example', [outside]);
    expect(await models(guarded('outside.example'))).toEqual(['small']);
    expect(await models(guarded(outside))).toEqual(['small']);
    expect(reached).toEqual([outside, outside]);
  });

  it('is looked up for each connection, and connected to where it was checked', async () => {
    names.set('rebinding.example', [outside, inside]);
    const provider = guarded('rebinding.example');
    try {
      expect(await provider.listModels()).toEqual(['small']);
      await expect(provider.listModels()).rejects.toMatchObject(blocked);
    } finally {
      await provider.close('now');
    }
    expect(reached).toEqual([outside]);
  });

  it('leads nowhere else', async () => {
    leads = `http://${inside}:${port}/v1/models`;
    await expect(models(guarded(outside))).rejects.toMatchObject({ failure: { code: 'provider_error' } });
    expect(reached).toEqual([outside]);
  });

  it('may be inside where the settings say so, for everybody or for one tenant', async () => {
    const listed = async (allow: string, tenantId: string) => {
      const make = savedProviders(modelProxyConfig.read({ TREADLE_MODEL_HTTP_ALLOW: allow }));
      return models(make(tenantId, stored(`http://${inside}:${port}/v1`)));
    };
    expect(await listed('127.0.0.0/8', 'acme')).toEqual(['small']);
    expect(await listed(`acme=${inside}`, 'acme')).toEqual(['small']);
    await expect(listed(`acme=${inside}`, 'other')).rejects.toMatchObject({
      ...blocked,
      message: expect.stringContaining('have the operator add it to TREADLE_MODEL_HTTP_ALLOW'),
    });
    await expect(listed('10.0.0.0/8', 'acme')).rejects.toMatchObject(blocked);
    expect(() => savedProviders(modelProxyConfig.read({ TREADLE_MODEL_HTTP_ALLOW: '10.0.0.0/99' }))).toThrow(
      /TREADLE_MODEL_HTTP_ALLOW/,
    );
  });
});
