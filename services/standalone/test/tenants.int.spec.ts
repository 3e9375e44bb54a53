import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestDatabase, testDatabase } from '@treadle/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Standalone, startStandalone } from '../src/standalone.js';

let database: TestDatabase;
let standalone: Standalone;
let folder: string;
/** The credential of the owner of another organisation. */
let stranger: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'treadle-tenants-'));
  database = await testDatabase();
  standalone = await startStandalone({
    DATABASE_URL: database.connectionString,
    TREADLE_DATA_DIR: folder,
    TREADLE_HTTP_PORT: '0',
    TREADLE_API_KEY: mine,
  });
  const made = await call<{ owner: { invitation: { token: string } } }>(mine, 'POST', '/api/v1/organisations', {
    name: 'Another',
    owner_email: 'stranger@example.com',
  });
  const { token } = made.body.owner.invitation;
  const accepted = { token, password: 'a stranger has a password' };
  const tokens = await call<{ access_token: string }>('', 'POST', '/api/v1/auth/accept-invitation', accepted);
  stranger = tokens.body.access_token;
});
afterAll(async () => {
  await standalone?.stop();
  await database?.drop();
  rmSync(folder, { recursive: true, force: true });
});

const mine = 'tk_for_specs';

async function call<T>(credential: string, method: string, path: string, body?: object | FormData) {
  const form = body instanceof FormData;
  const response = await fetch(`${standalone.url}${path}`, {
    method,
    headers: {
      ...(credential && { authorization: `Bearer ${credential}` }),
      ...(body && !form && { 'content-type': 'application/json' }),
    },
    ...(body && { body: form ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: (/^[{[]/.test(text) ? JSON.parse(text) : undefined) as T };
}

const document = {
  format: 'treadle/v1',
  name: 'ours',
  kind: 'chat',
  nodes: [
    { id: 'start', type: 'start' },
    { id: 'answer', type: 'answer', config: { answer: 'Hello.' } },
  ],
  edges: [{ source: 'start', target: 'answer' }],
};

const triggered = {
  format: 'treadle/v1',
  name: 'triggered',
  kind: 'workflow',
  nodes: [
    { id: 'hook', type: 'webhook' },
    { id: 'yearly', type: 'schedule', config: { cron: '@yearly' } },
    { id: 'end', type: 'end', config: { outputs: [] } },
  ],
  edges: [
    { source: 'hook', target: 'end' },
    { source: 'yearly', target: 'end' },
  ],
};

interface Named {
  readonly id: string;
}

/** One of each kind that has an id, all of the first organisation. */
async function ours(): Promise<Record<'workflow' | 'run' | 'conversation' | 'file' | 'webhook' | 'schedule', string>> {
  const workflow = (await call<Named>(mine, 'POST', '/api/v1/workflows', document)).body.id;
  const started = await call<Named & { conversation_id: string }>(mine, 'POST', `/api/v1/workflows/${workflow}/runs`, {
    query: 'Hello?',
    mode: 'wait',
  });
  const { id: run, conversation_id: conversation } = started.body;
  const form = new FormData();
  form.append('file', new Blob(['# Ours']), 'ours.md');
  const file = (await call<{ items: Named[] }>(mine, 'POST', '/api/v1/files', form)).body.items[0]?.id ?? '';
  const other = (await call<Named>(mine, 'POST', '/api/v1/workflows', triggered)).body.id;
  await call(mine, 'POST', `/api/v1/workflows/${other}/publish`, {});
  const first = async (path: string) => (await call<{ items: Named[] }>(mine, 'GET', path)).body.items[0]?.id ?? '';
  const [webhook, schedule] = [await first('/api/v1/webhooks'), await first('/api/v1/schedules')];
  return { workflow, run, conversation, file, webhook, schedule };
}

it('what belongs to one organisation is not there for another, whichever way it is asked for', async () => {
  const { workflow, run, conversation, file, webhook, schedule } = await ours();
  expect([workflow, run, conversation, file, webhook, schedule].filter((id) => !id)).toEqual([]);
  const v1 = '/api/v1';
  const asked: [method: string, path: string, body?: object][] = [
    ['GET', `${v1}/workflows/${workflow}`],
    ['GET', `${v1}/workflows/${workflow}/versions`],
    ['PUT', `${v1}/workflows/${workflow}`, document],
    ['POST', `${v1}/workflows/${workflow}/publish`, {}],
    ['POST', `${v1}/workflows/${workflow}/runs`, { query: 'Hello?' }],
    ['GET', `${v1}/runs/${run}`],
    ['GET', `${v1}/runs/${run}/events`],
    ['GET', `${v1}/runs/${run}/history`],
    ['GET', `${v1}/runs/${run}/values/${'0'.repeat(64)}`],
    ['POST', `${v1}/runs/${run}/cancel`],
    ['POST', `${v1}/runs/${run}/resume`, {}],
    ['POST', `${v1}/runs/${run}/rerun`, { node: 'answer' }],
    ['GET', `${v1}/conversations/${conversation}`],
    ['GET', `${v1}/conversations/${conversation}/messages`],
    ['PATCH', `${v1}/conversations/${conversation}`, { name: 'mine now' }],
    ['DELETE', `${v1}/conversations/${conversation}`],
    ['GET', `${v1}/files/${file}`],
    ['GET', `${v1}/files/${file}/content`],
    ['DELETE', `${v1}/files/${file}`],
    ['POST', `${v1}/webhooks/${webhook}/rotate-secret`],
    ['POST', `${v1}/schedules/${schedule}/pause`],
    ['POST', `${v1}/schedules/${schedule}/resume`],
    ['DELETE', `${v1}/keys/1`],
  ];
  const open: string[] = [];
  for (const [method, path, body] of asked) {
    const { status } = await call(stranger, method, path, body);
    if (status !== 404) open.push(`${method} ${path}: ${status}`);
  }
  expect(open).toEqual([]);
  for (const list of ['workflows', 'runs', 'conversations', 'webhooks', 'schedules', 'approvals', 'keys']) {
    const { status, body } = await call<{ items: unknown[] }>(stranger, 'GET', `${v1}/${list}`);
    expect([list, status, body.items]).toEqual([list, 200, []]);
  }
  expect((await call(mine, 'GET', `${v1}/conversations/${conversation}`)).status).toBe(200);
  expect((await call(mine, 'GET', `${v1}/files/${file}/content`)).status).toBe(200);
});
