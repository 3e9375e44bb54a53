import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestDatabase, testDatabase } from '@treadle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Standalone, startStandalone } from '../src/standalone.js';

const apiKey = 'tk_for_specs';

let database: TestDatabase;
let standalone: Standalone;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'treadle-webhooks-'));
  database = await testDatabase();
  standalone = await startStandalone({
    DATABASE_URL: database.connectionString,
    TREADLE_DATA_DIR: folder,
    TREADLE_HTTP_PORT: '0',
    TREADLE_API_KEY: apiKey,
  });
});

afterAll(async () => {
  await standalone?.stop();
  await database?.drop();
  rmSync(folder, { recursive: true, force: true });
});

async function api<T>(path: string, method = 'GET', body?: object): Promise<{ status: number; body: T }> {
  const response = await fetch(`${standalone.url}/api/v1/${path}`, {
    method,
    headers: { authorization: `Bearer ${apiKey}`, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as T };
}

interface Webhook {
  readonly id: string;
  readonly url: string;
  readonly secret: string;
}

/** Stores and publishes a workflow that greets whom a request names, on a schedule too. */
async function publish(config: object, delay = 0): Promise<{ id: string; webhook: Webhook }> {
  const { body: stored } = await api<{ id: string }>('workflows', 'POST', {
    format: 'treadle/v1',
    name: 'greet',
    nodes: [
      { id: 'hook', type: 'webhook', config: { body: [{ name: 'name', required: true }], ...config } },
      { id: 'yearly', type: 'schedule', config: { cron: '@yearly', timezone: 'Europe/Berlin' } },
      { id: 'wait', type: 'wait', config: { mode: 'duration', duration: delay } },
      {
        id: 'text',
        type: 'template',
        config: { template: 'Hello {{ name }}', variables: [{ variable: 'name', value_selector: ['hook', 'name'] }] },
      },
      { id: 'end', type: 'end', config: { outputs: [{ variable: 'text', value_selector: ['text', 'output'] }] } },
    ],
    edges: [
      { source: 'hook', target: 'wait' },
      { source: 'yearly', target: 'wait' },
      { source: 'wait', target: 'text' },
      { source: 'text', target: 'end' },
    ],
  });
  const { body } = await api<{ webhooks: Webhook[] }>(`workflows/${stored.id}/publish`, 'POST', {});
  return { id: stored.id, webhook: body.webhooks[0]! };
}

/** A request as a sender signs it at this moment. */
function signed({ secret }: Webhook, body: string): RequestInit & { headers: Record<string, string> } {
  const seconds = Math.floor(Date.now() / 1000);
  const signature = createHmac('sha256', secret).update(`${seconds}.`).update(body).digest('hex');
  const headers = { 'content-type': 'application/json', 'treadle-signature': `t=${seconds},v1=${signature}` };
  return { method: 'POST', headers, body };
}

function send(webhook: Webhook, body: string, headers: Record<string, string> = {}, method = 'POST') {
  const request = signed(webhook, body);
  return fetch(webhook.url, { ...request, method, headers: { ...request.headers, ...headers } });
}

interface Problem {
  readonly code: string;
  readonly field?: string;
}

async function refused(answer: Promise<Response>): Promise<[number, string, string | undefined]> {
  const response = await answer;
  const { code, field } = (await response.json()) as Problem;
  return [response.status, code, field];
}

describe('a webhook over HTTP', () => {
  it('is answered at once with the id of its run', async () => {
    const { webhook } = await publish({});
    expect(webhook.url).toBe(`${standalone.url}/hooks/${webhook.id}`);
    const response = await send(webhook, '{"name":"Zoë"}');
    const { run_id } = (await response.json()) as { run_id: string };
    expect(response.status).toBe(202);
    const { body: run } = await api<{ inputs: object }>(`runs/${run_id}`);
    expect(run.inputs).toMatchObject({ name: 'Zoë', body: { name: 'Zoë' } });
  });

  it('is answered with the outputs where the sender waits, and once for one request', async () => {
    const { id, webhook } = await publish({ async_response: false });
    const request = signed(webhook, '{"name":"Ada"}');
    const answers = await Promise.all([1, 2, 3].map(() => fetch(webhook.url, request)));
    for (const answer of answers) expect([answer.status, await answer.json()]).toEqual([200, { text: 'Hello Ada' }]);
    const { body } = await api<{ items: object[] }>(`runs?workflow_id=${id}`);
    expect(body.items).toHaveLength(1);
  });

  it('goes on without its sender when its run pauses', async () => {
    const { webhook } = await publish({ async_response: false }, 60);
    const response = await send(webhook, '{"name":"later"}');
    expect([response.status, await response.json()]).toEqual([202, { run_id: expect.any(String), status: 'paused' }]);
  });

  it('takes bodies byte for byte, up to 1 MiB', async () => {
    const { webhook } = await publish({ async_response: false });
    const spaced = `{ "name" : "a\\u00e9",\r\n "pad": "${'x'.repeat(1000)}" }`;
    expect(await (await send(webhook, spaced)).json()).toEqual({ text: 'Hello aé' });
    const full = (bytes: number) => `{"name":"x","pad":"${'x'.repeat(bytes - 21)}"}`;
    expect((await send(webhook, full(1024 * 1024))).status).toBe(200);
    expect(await refused(send(webhook, full(1024 * 1024 + 1)))).toEqual([413, 'payload_too_large', undefined]);
  });

  it('refuses what it does not take, without an API key being asked for', async () => {
    const { webhook } = await publish({});
    const body = '{"name":"x"}';
    const form = { 'content-type': 'multipart/form-data; boundary=x' };
    expect(await refused(send({ ...webhook, secret: 'x' }, body))).toEqual([
      401,
      'unauthenticated',
      'Treadle-Signature',
    ]);
    expect(await refused(send({ ...webhook, url: `${webhook.url}x` }, body))).toEqual([404, 'not_found', undefined]);
    expect(await refused(send(webhook, body, {}, 'PUT'))).toEqual([405, 'method_not_allowed', undefined]);
    expect(await refused(send(webhook, body, form))).toEqual([415, 'unsupported_media_type', 'Content-Type']);
    expect(await refused(send(webhook, '{"name":7}'))).toEqual([422, 'invalid_inputs', 'body.name']);
    expect(await refused(send(webhook, '{"name'))).toEqual([400, 'invalid_argument', 'body']);
    expect((await fetch(`${standalone.url}/api/v1/webhooks`)).status).toBe(401);
  });
});

describe('triggers over the API', () => {
  it('are listed by workflow; secrets change, schedules pause and resume', async () => {
    const { id, webhook } = await publish({});
    const { body: hooks } = await api<{ items: Webhook[] }>(`webhooks?workflow_id=${id}`);
    expect(hooks.items).toMatchObject([{ id: webhook.id, url: webhook.url, active: true, node_id: 'hook' }]);
    expect(hooks.items[0]).not.toHaveProperty('secret');
    const { body: rotated } = await api<Webhook>(`webhooks/${webhook.id}/rotate-secret`, 'POST');
    expect((await send(webhook, '{"name":"old"}')).status).toBe(401);
    expect((await send(rotated, '{"name":"new"}')).status).toBe(202);
    const { body: schedules } = await api<{ items: { id: string }[] }>(`schedules?workflow_id=${id}`);
    expect(schedules.items).toMatchObject([{ node_id: 'yearly', cron: '@yearly', paused: false, last_error: null }]);
    const path = `schedules/${schedules.items[0]!.id}`;
    expect((await api(`${path}/pause`, 'POST')).body).toMatchObject({ paused: true });
    expect((await api(`${path}/resume`, 'POST')).body).toMatchObject({ paused: false });
    expect((await api('schedules/none/pause', 'POST')).status).toBe(404);
  });
});
