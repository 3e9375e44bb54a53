import { randomUUID } from 'node:crypto';
import { ChatResponse } from '@treadle/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TenantDatabase } from '../src/infra/tenant-database.js';
import { chatDocument, type GatewayUnderTest, startGateway } from './gateway-under-test.js';
import { People } from './people.js';

let gateway: GatewayUnderTest;
let people: People;
beforeAll(async () => {
  gateway = await startGateway();
  people = new People(gateway);
});
afterAll(() => gateway.close());

interface Key {
  readonly id: number;
  readonly key: string;
  readonly prefix: string;
}

async function make(body: object): Promise<Key> {
  const answer = await people.owner().send('POST', '/api/v1/keys', { name: 'a key', scopes: ['runs:read'], ...body });
  expect(answer.status).toBe(201);
  return (await answer.json()) as Key;
}

/** A model that says one word and thinks on. */
async function* slowAnswer(_: unknown, options?: { readonly signal?: AbortSignal }) {
  yield ChatResponse.fromPartial({ part: { $case: 'text', value: 'Well' } });
  await new Promise((resolve) => options?.signal?.addEventListener('abort', resolve));
}

async function lastFrame(stream: Response): Promise<string> {
  return (await stream.text()).trimEnd().split('\n\n').at(-1)!;
}

function dataOf(frame: string | undefined): unknown {
  return JSON.parse(frame!.slice(frame!.indexOf('data: ') + 6));
}

describe('an API key', () => {
  it('is told once, listed by its beginning, and may do what its scopes say', async () => {
    const { id, key, prefix } = await make({ scopes: ['runs:read', 'keys:manage'] });
    expect(key.slice(0, 10)).toBe(prefix);
    const listed = await (await people.owner().send('GET', '/api/v1/keys')).text();
    expect(listed).toContain(prefix);
    expect(listed).not.toContain(key);
    const { rows } = await gateway.pool.query('select * from api_key');
    expect(JSON.stringify(rows)).not.toContain(key.slice(12));
    const call = people.as(key);
    expect((await call.send('GET', '/api/v1/runs')).status).toBe(200);
    expect((await call.send('GET', '/api/v1/users')).status).toBe(403);
    expect((await call.send('POST', '/api/v1/keys', { name: 'more', scopes: ['users:read'] })).status).toBe(403);
    expect(await call.get('/api/v1/auth/me')).toMatchObject({ key_id: String(id), user_id: null });
  });

  it('is refused once revoked, everywhere', async () => {
    const { id, key } = await make({});
    const other = await startGateway(undefined, gateway.connectionString);
    const there = () => fetch(`${other.url}/api/v1/runs`, { headers: { authorization: `Bearer ${key}` } });
    expect([(await people.as(key).send('GET', '/api/v1/runs')).status, (await there()).status]).toEqual([200, 200]);
    expect((await people.owner().send('DELETE', `/api/v1/keys/${id}`)).status).toBe(204);
    await people.forgotten(key);
    while ((await there()).status !== 401) await new Promise((resolve) => setTimeout(resolve, 100));
    expect((await people.owner().send('DELETE', `/api/v1/keys/${id}`)).status).toBe(404);
    await other.close();
  });

  it('ends the streams it has opened within five seconds of being revoked, and no others', async () => {
    const created = await people.owner().send('POST', '/api/v1/workflows', chatDocument);
    const { id: workflow_id } = (await created.json()) as { id: string };
    gateway.models = { ...gateway.models, chat: slowAnswer };
    const scopes = ['runs:start', 'runs:read', 'models:call'];
    const [mine, other] = [await make({ scopes, workflow_id }), await make({ scopes, workflow_id })];
    const unbound = await make({ scopes });
    const start = { query: 'Hi', mode: 'stream' };
    const path = `/api/v1/workflows/${workflow_id}/runs`;
    const asked = { query: 'Hi', inputs: {}, user: 'ada', response_mode: 'streaming' };
    const question = { model: 'demo', stream: true, messages: [{ role: 'user', content: 'Hi' }] };
    const streams = [
      await people.as(mine.key).send('POST', path, start),
      await people.as(mine.key).send('POST', '/v1/chat-messages', asked),
      await people.as(unbound.key).send('POST', '/openai/v1/chat/completions', question),
    ];
    const untouched = await people.as(other.key).send('POST', path, start);
    expect([...streams, untouched].map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    for (const { id } of [mine, unbound]) await people.owner().send('DELETE', `/api/v1/keys/${id}`);
    const [native, dify, openAi] = await Promise.all(streams.map(lastFrame));
    expect(native).toMatch(/^event: error\ndata: /);
    expect(dataOf(native)).toMatchObject({ code: 'unauthenticated', status: 401 });
    expect(dataOf(dify)).toMatchObject({ event: 'error', code: 'unauthorized', status: 401 });
    expect(dataOf(openAi)).toMatchObject({ error: { type: 'authentication_error', code: 'unauthenticated' } });
    const id = untouched.headers.get('location')!.split('/').at(-1)!;
    expect(gateway.orchestrator.run(id)).toMatchObject({ status: 'running' });
    gateway.orchestrator.run(id).commit([{ type: 'run-completed', outputs: {}, exceptions: 0 } as never]);
    expect(await lastFrame(untouched)).toMatch(/^event: run-completed\n/);
  });

  it('is rotated: the new one does the same, the old one works until the time that was given', async () => {
    const old = await make({ name: 'rotated' });
    const answer = await people.owner().send('POST', `/api/v1/keys/${old.id}/rotate`, { overlap_seconds: 600 });
    const fresh = (await answer.json()) as Key & { name: string };
    expect(fresh).toMatchObject({ name: 'rotated', scopes: ['runs:read'] });
    expect((await people.as(old.key).send('GET', '/api/v1/runs')).status).toBe(200);
    expect((await people.as(fresh.key).send('GET', '/api/v1/runs')).status).toBe(200);
    const next = await people.owner().send('POST', `/api/v1/keys/${fresh.id}/rotate`, { overlap_seconds: 0 });
    expect(next.status).toBe(200);
    await people.forgotten(fresh.key);
  });

  it('ends when it says', async () => {
    const past = { name: 'k', scopes: ['runs:read'], expires_at: '2020-01-01T00:00:00Z' };
    expect((await people.owner().send('POST', '/api/v1/keys', past)).status).toBe(400);
    const { key } = await make({ expires_at: new Date(Date.now() + 1500).toISOString() });
    await people.forgotten(key);
  });

  it('refuses scopes and fields that there are not, and two things to be bound to', async () => {
    const refused = async (body: object) =>
      (await people.owner().send('POST', '/api/v1/keys', { name: 'k', scopes: ['runs:read'], ...body })).status;
    expect(await refused({ scopes: ['everything'] })).toBe(400);
    expect(await refused({ tenant_id: 'acme' })).toBe(400);
    expect(await refused({ workflow_id: randomUUID(), dataset_id: randomUUID() })).toBe(400);
  });
});

it('a key of one app opens that app and nothing else', async () => {
  const create = async () =>
    ((await (await people.owner().send('POST', '/api/v1/workflows', chatDocument)).json()) as { id: string }).id;
  const [mine, other] = [await create(), await create()];
  const { key } = await make({ scopes: ['runs:start', 'runs:read', 'workflows:read'], workflow_id: mine });
  const call = people.as(key);
  expect((await call.send('POST', `/api/v1/workflows/${mine}/runs`, { mode: 'async' })).status).toBe(202);
  expect((await call.send('POST', `/api/v1/workflows/${other}/runs`, { mode: 'async' })).status).toBe(404);
  const started = await people.owner().send('POST', `/api/v1/workflows/${other}/runs`, { mode: 'async' });
  const { id: otherRun } = (await started.json()) as { id: string };
  expect((await call.send('GET', `/api/v1/runs/${otherRun}`)).status).toBe(404);
  expect((await call.send('GET', `/api/v1/workflows/${mine}`)).status).toBe(200);
  expect((await call.send('GET', '/api/v1/workflows')).status).toBe(403);
  expect((await call.send('GET', '/api/v1/runs')).status).toBe(200);
  expect((await call.send('GET', `/api/v1/runs?workflow_id=${other}`)).status).toBe(404);
});

describe('the second wall', () => {
  it('shows an organisation its own rows only, whatever the statement asks', async () => {
    await people.join('mine@example.com', 'viewer');
    const created = await people
      .owner()
      .send('POST', '/api/v1/organisations', { name: 'B', owner_email: 'b@b.example' });
    const { id } = (await created.json()) as { id: string };
    const database = new TenantDatabase(gateway.pool);
    const seen = await database.within(id, async (db) => ({
      keys: await db.selectFrom('api_key').select('tenant_id').execute(),
      members: await db.selectFrom('membership').select('tenant_id').execute(),
      people: await db.selectFrom('person').select('email').execute(),
      organisations: await db.selectFrom('organisation').select('id').execute(),
      sessions: await db.selectFrom('session').select('id').execute(),
    }));
    const own = [{ tenant_id: id }];
    expect(seen).toEqual({
      keys: [],
      members: own,
      people: [{ email: 'b@b.example' }],
      organisations: [{ id }],
      sessions: [],
    });
    const changed = await database.within(id, (db) =>
      db.updateTable('api_key').set({ revoked_at: new Date() }).executeTakeFirstOrThrow(),
    );
    expect(changed.numUpdatedRows).toBe(0n);
    const planted = { tenant_id: 'default', name: 'planted', permissions: ['runs:read'] };
    await expect(database.within(id, (db) => db.insertInto('role').values(planted).execute())).rejects.toThrow(
      /row-level security/,
    );
  });
});
