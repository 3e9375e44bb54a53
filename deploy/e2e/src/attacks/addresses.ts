import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { chain, named, workflow } from '../scenarios/scenario.js';
import { type Attack, type AttackClass, both, parsed, refusedWith, type Verdict } from './attack.js';
import type { Sent } from './send.js';
import type { Site } from './site.js';

/** Something inside that nobody outside may reach, and how often somebody did. */
async function inside() {
  let visits = 0;
  const server = createServer((_request, response) => {
    visits += 1;
    response.end('INSIDE');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  server.unref();
  const { port } = server.address() as AddressInfo;
  return { port, visits: () => visits };
}

/** One for the whole process: attacks and the look afterwards are about the same. */
let watched: ReturnType<typeof inside> | undefined;

/** Addresses that lead inside, or that are no addresses of the web. */
const inward = (port: number): readonly string[] => [
  `http://127.0.0.1:${port}/`,
  `http://localhost:${port}/`,
  `http://LOCALHOST.:${port}/`,
  `http://[::1]:${port}/`,
  `http://[::ffff:127.0.0.1]:${port}/`,
  `http://[::ffff:7f00:1]:${port}/`,
  `http://0.0.0.0:${port}/`,
  `http://127.1:${port}/`,
  `http://2130706433:${port}/`,
  `http://0x7f000001:${port}/`,
  `http://0177.0.0.1:${port}/`,
  `http://127.127.127.127:${port}/`,
  `http://x:y@127.0.0.1:${port}/`,
  `http://example.com@127.0.0.1:${port}/`,
  `http://127.0.0.1:${port}#@example.com/`,
  'http://169.254.169.254/latest/meta-data/',
  'http://[fd00:ec2::254]/latest/meta-data/',
  'http://10.0.0.1/',
  'http://172.16.0.1/',
  'http://192.168.0.1/',
  'http://100.64.0.1/',
  'http://[fe80::1]/',
  'http://[64:ff9b::7f00:1]/',
  'file:///etc/passwd',
  'gopher://127.0.0.1:6379/_INFO',
  'ftp://127.0.0.1/',
  'data:text/plain,x',
];

const http = (url: string) =>
  workflow(
    'reaching inside',
    [
      { id: 'start', type: 'start', config: { variables: [] } },
      { id: 'call', type: 'http-request', config: { method: 'get', url } },
      { id: 'end', type: 'end', config: { outputs: [named('body', 'call', 'body')] } },
    ],
    chain('start', 'call', 'end'),
  );

const openApi = (url: string) =>
  JSON.stringify({
    ...{ openapi: '3.1.0', info: { title: 'inside', version: '1' }, servers: [{ url }] },
    paths: { '/': { get: { operationId: 'read', summary: 'Reads.', responses: { 200: { description: 'Read.' } } } } },
  });

const put = (path: string, json: object): Sent => ({ method: 'PUT', path: `/api/v1/${path}`, json });
const post = (path: string, json: object): Sent => ({ method: 'POST', path: `/api/v1/${path}`, json });

/** What takes an address, each the requests that lead to its being called. */
function takers({ attacker: { has } }: Site): Readonly<Record<string, (url: string) => readonly Sent[]>> {
  return {
    'a document': (url) => [post(`datasets/${has.dataset}/documents`, { name: 'inside', url })],
    'the source of tools': (url) => [
      put(`tools/toolsets/t${randomUUID().slice(0, 8)}`, { kind: 'openapi', source: { url } }),
    ],
    'an MCP server': (url) => [put(`tools/toolsets/t${randomUUID().slice(0, 8)}`, { kind: 'mcp', source: { url } })],
    'a tool': (url) => {
      const name = `t${randomUUID().slice(0, 8)}`;
      return [
        put(`tools/toolsets/${name}`, { kind: 'openapi', source: { document: openApi(url) } }),
        post(`tools/toolsets/${name}/tools/read/call`, {}),
      ];
    },
    'a model provider': (base_url) => [
      put(`models/providers/p${randomUUID().slice(0, 8)}`, { kind: 'openai-compatible', base_url }),
    ],
    'the test of a credential': (url) => [post(`tools/toolsets/${has.toolset}/credential/test`, { url })],
    'a file of a run': (url) => [
      post(`workflows/${has.workflow}/runs`, {
        query: 'x',
        files: [{ transfer_method: 'remote_url', url, type: 'document' }],
      }),
    ],
  };
}

function byTakers(site: Site, port: number): Attack[] {
  return Object.entries(takers(site)).flatMap(([what, requests]) =>
    inward(port).map(
      (url): Attack => ({
        name: `${url.replace(String(port), 'port')} for ${what}`,
        send: async (at) => {
          let last = { status: 0, headers: {}, text: '' };
          for (const sent of requests(url)) last = await at.send({ ...sent, as: at.attacker.owner });
          return last;
        },
        judge: both(refusedWith([200, 202, 400, 404, 409, 422, 502]), ({ text }) =>
          text.includes('INSIDE') ? 'gives what is inside' : undefined,
        ),
      }),
    ),
  );
}

/** A node that calls what it is told to. */
function byNodes(port: number): Attack[] {
  return inward(port).map((url) => ({
    name: `${url.replace(String(port), 'port')} for a node`,
    send: async (at) => {
      const stored = await at.send({ ...post('workflows', http(url)), as: at.attacker.owner });
      const { id } = (parsed(stored.text) ?? {}) as { id?: string };
      return id ? at.send({ ...post(`workflows/${id}/runs`, { mode: 'wait' }), as: at.attacker.owner }) : stored;
    },
    judge: (answer): Verdict => {
      const { status } = (parsed(answer.text) ?? {}) as { status?: unknown };
      if (answer.text.includes('INSIDE')) return 'gives what is inside';
      return status === 'failed' ? undefined : refusedWith([400, 422])(answer);
    },
  }));
}

async function nobodyWasThere(): Promise<Verdict> {
  const visits = (await watched)?.visits() ?? 0;
  return visits === 0 ? undefined : `the server inside was asked ${visits} times`;
}

/** Addresses that make the server call what only it can reach. */
export const addresses: AttackClass = {
  name: 'server-side-requests',
  attacks: async (site) => {
    const { port } = await (watched ??= inside());
    return [...byTakers(site, port), ...byNodes(port)];
  },
  afterwards: nobodyWasThere,
};
