import { randomUUID } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { type Client, createClient } from 'graphql-ws';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { FakeRun } from './fake-orchestrator.js';
import { apiKey, chatDocument, type GatewayUnderTest, startGateway } from './gateway-under-test.js';
import { People } from './people.js';

let gateway: GatewayUnderTest;
let people: People;
let workflowId: string;
let run: FakeRun;
const clients: Client[] = [];

beforeAll(async () => {
  gateway = await startGateway(apiKey, undefined, {}, { corsOrigins: ['https://app.example.com'] });
  people = new People(gateway);
  const stored = await people.owner().send('POST', '/api/v1/workflows', chatDocument);
  workflowId = ((await stored.json()) as { id: string }).id;
  const begun = await people
    .owner()
    .send('POST', `/api/v1/workflows/${workflowId}/runs`, { query: 'Hi', mode: 'async' });
  run = gateway.orchestrator.run(((await begun.json()) as { id: string }).id);
  run.commit([started]);
});
afterEach(async () => {
  for (const client of clients.splice(0)) await client.dispose();
});
afterAll(() => gateway.close());

const started = {
  type: 'run-started',
  engine: 1,
  inputs: {},
  sys: { query: 'Hi' },
  environment: { SECRET: 'kept inside' },
} as never;
const scheduled = {
  type: 'node-scheduled',
  key: 'llm',
  attempt: 1,
  inputs: {},
  deadlineAt: 1_700_000_060_000,
} as never;
const completed = { type: 'run-completed', outputs: { answer: 'Hello' }, exceptions: 0 } as never;

interface Event {
  readonly id: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

function connect(credential: string | undefined, closed: (code: number) => void = () => undefined): Client {
  const client = createClient({
    url: `${gateway.url.replace('http', 'ws')}/graphql`,
    ...(credential !== undefined && { connectionParams: { Authorization: `Bearer ${credential}` } }),
    retryAttempts: 0,
    on: { closed: (event) => closed((event as CloseEvent).code) },
  });
  clients.push(client);
  return client;
}

const document =
  'subscription Run($id: String!, $last: String) { run_events(id: $id, last_event_id: $last) { id type data } }';

/** The events of a run, without its text; errors that come in place of one are given as they are. */
async function* answers(client: Client, variables: object, query = document): AsyncGenerator {
  for await (const { data, errors } of client.iterate<{ run_events: Event }>({ query, variables: { ...variables } }))
    if (data?.run_events.type !== 'text-delta') yield errors ?? data?.run_events;
}

const follow = (client: Client, variables: object) => answers(client, variables) as AsyncGenerator<Event>;

/** What the server says first, be it that it refuses. */
async function refusal(client: Client, variables: object, query = document): Promise<unknown> {
  try {
    return (await answers(client, variables, query).next()).value;
  } catch (error) {
    return error;
  }
}

async function keyOf(scopes: readonly string[], bound: object = {}): Promise<{ key: string; id: number }> {
  const made = await people.owner().send('POST', '/api/v1/keys', { name: 'k', scopes, ...bound });
  return (await made.json()) as { key: string; id: number };
}

describe('a subscription to a run', () => {
  it('gives every event once, goes on after a broken connection, and completes with the run', async () => {
    const first = follow(connect(apiKey), { id: run.id });
    const begun = (await first.next()).value as Event;
    expect(begun).toMatchObject({ type: 'run-started', data: { run_id: run.id, sequence: 1, sys: { query: 'Hi' } } });
    expect(JSON.stringify(begun)).not.toContain('kept inside');
    clients[0]!.terminate();
    run.commit([scheduled]);
    const second = follow(connect(apiKey), { id: run.id, last: begun.id });
    expect((await second.next()).value).toMatchObject({ type: 'node-scheduled', data: { sequence: 2, key: 'llm' } });
    run.commit([completed], false);
    const rest: string[] = [];
    for await (const { type } of second) rest.push(type);
    expect(rest).toEqual(['run-completed']);
    const all: string[] = [];
    for await (const { type } of follow(connect(apiKey), { id: run.id })) all.push(type);
    expect(all).toEqual(['run-started', 'node-scheduled', 'run-completed']);
  });

  it('refuses ids that are none of the stream', async () => {
    const refused = await refusal(connect(apiKey), { id: run.id, last: 'yesterday' });
    expect(refused).toMatchObject([{ extensions: { code: 'invalid_argument', field: 'Last-Event-ID' } }]);
  });

  it('is for those who may see the run', async () => {
    const { key } = await keyOf(['workflows:read']);
    expect(await refusal(connect(key), { id: run.id })).toMatchObject([{ extensions: { code: 'permission_denied' } }]);
    const other = await keyOf(['runs:read'], { workflow_id: randomUUID() });
    expect(await refusal(connect(other.key), { id: run.id })).toMatchObject([{ extensions: { code: 'not_found' } }]);
    const own = await keyOf(['runs:read'], { workflow_id: workflowId });
    expect(await refusal(connect(own.key), { id: run.id })).toMatchObject({ type: 'run-started' });
    expect(await refusal(connect(apiKey), { id: randomUUID() })).toMatchObject([{ extensions: { code: 'not_found' } }]);
    const { items } = (await people.owner().get('/api/v1/audit?action=access.denied&limit=1')) as { items: object[] };
    expect(items).toMatchObject([
      { object: { id: 'GET /graphql' }, details: { status: 403, code: 'permission_denied' } },
    ]);
  });

  it('keeps to the limits of queries, and takes nothing else', async () => {
    const client = connect(apiKey);
    const query = '{ roles { items { name } } }';
    expect(await refusal(client, {}, query)).toMatchObject([
      { extensions: { code: 'invalid_argument', field: 'query' } },
    ]);
    const aliases = `subscription { ${Array.from({ length: 20 }, (_, n) => `a${n}: run_events(id: "x") { id }`).join(' ')} }`;
    expect(await refusal(client, {}, aliases)).toMatchObject([
      { extensions: { code: 'invalid_argument', field: 'query' } },
    ]);
  });

  it('is one of few over a connection', async () => {
    const begun = await people
      .owner()
      .send('POST', `/api/v1/workflows/${workflowId}/runs`, { query: 'Hi', mode: 'async' });
    const open = gateway.orchestrator.run(((await begun.json()) as { id: string }).id);
    open.commit([started]);
    const client = connect(apiKey);
    const streams = Array.from({ length: 20 }, () => follow(client, { id: open.id }));
    for (const stream of streams) expect((await stream.next()).value).toMatchObject({ type: 'run-started' });
    expect(await refusal(client, { id: open.id })).toMatchObject([{ extensions: { code: 'limit_exceeded' } }]);
    await streams[0]!.return(undefined);
    expect(await refusal(client, { id: open.id })).toMatchObject({ type: 'run-started' });
  });
});

/** The code with which the server closes what a client sends. */
function closing(protocols: string[], ...messages: string[]): Promise<number> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}/graphql`, protocols);
    socket.addEventListener('open', () => {
      for (const message of messages) socket.send(message);
    });
    socket.addEventListener('close', ({ code }) => resolve(code));
  });
}

describe('a connection', () => {
  const protocol = ['graphql-transport-ws'];

  it.each([
    ['no credential', undefined],
    ['a credential that nobody knows', 'garbage'],
  ])('is refused with %s', async (_, credential) => {
    const closed = Promise.withResolvers<number>();
    expect(await refusal(connect(credential, closed.resolve), { id: run.id })).toMatchObject({ code: 4401 });
    expect(await closed.promise).toBe(4401);
  });

  it('ends when its key is revoked', async () => {
    const begun = await people
      .owner()
      .send('POST', `/api/v1/workflows/${workflowId}/runs`, { query: 'Hi', mode: 'async' });
    const open = gateway.orchestrator.run(((await begun.json()) as { id: string }).id);
    open.commit([started]);
    const { key, id } = await keyOf(['runs:read']);
    const closed = Promise.withResolvers<number>();
    const stream = follow(connect(key, closed.resolve), { id: open.id });
    await stream.next();
    await people.owner().send('DELETE', `/api/v1/keys/${id}`);
    await expect(stream.next()).rejects.toMatchObject({ code: 4401 });
    expect(await closed.promise).toBe(4401);
  });

  it('ends when somebody does not speak its protocol', async () => {
    expect(await closing([])).toBe(4406);
    expect(await closing(protocol, 'hello')).toBe(4400);
    expect(await closing(protocol, JSON.stringify({ type: 'subscribe', id: '1', payload: { query: document } }))).toBe(
      4401,
    );
    expect(await closing(protocol, 'x'.repeat(70_000))).toBe(1009);
  });

  /** The status by which a request to open a WebSocket is answered. */
  function opening(path: string, headers: Record<string, string>): Promise<number | undefined> {
    const upgrade = {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      'sec-websocket-protocol': 'graphql-transport-ws',
    };
    return new Promise((resolve, reject) => {
      const asked = httpRequest(`${gateway.url}${path}`, { headers: { ...upgrade, ...headers } });
      asked.on('upgrade', ({ statusCode }, socket) => {
        socket.destroy();
        resolve(statusCode);
      });
      asked.on('response', (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      });
      asked.on('error', reject);
      asked.end();
    });
  }

  it('is opened by programs, pages of its own origin and of those that are listed', async () => {
    expect(await opening('/graphql', {})).toBe(101);
    expect(await opening('/graphql', { origin: 'https://app.example.com' })).toBe(101);
    expect(await opening('/graphql', { origin: gateway.url })).toBe(101);
    expect(await opening('/graphql', { origin: 'https://evil.example.com' })).toBe(403);
    expect(await opening('/graphql', { origin: 'null' })).toBe(403);
  });

  it('is opened nowhere else', async () => {
    expect(await opening('/api/v1/runs', {})).toBe(401);
    expect(await opening('/', {})).toBe(200);
    expect(await opening('/graphql', { upgrade: 'h2c' })).toBe(405);
  });
});

it('tells its readers to come back when the server stops', async () => {
  const other = await startGateway();
  const socket = new WebSocket(`${other.url.replace('http', 'ws')}/graphql`, ['graphql-transport-ws']);
  await new Promise((resolve) => socket.addEventListener('open', resolve));
  const closed = new Promise<number>((resolve) => socket.addEventListener('close', ({ code }) => resolve(code)));
  await other.close();
  expect(await closed).toBe(1001);
});
