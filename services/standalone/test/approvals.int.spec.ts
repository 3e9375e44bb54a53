import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestDatabase, testDatabase } from '@treadle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Standalone, startStandalone } from '../src/standalone.js';

const apiKey = 'tk_for_specs';

const refund = {
  format: 'treadle/v1',
  name: 'refund',
  nodes: [
    { id: 'start', type: 'start', config: { variables: [{ variable: 'name', type: 'text-input' }] } },
    {
      id: 'ask',
      type: 'human-input',
      title: 'Refund & thanks',
      config: {
        form_content: '## Refund for {{#start.name#}}\n\nBecause {{#$output.why#}}',
        inputs: [
          { output_variable_name: 'why', default: { value: 'she "asked"' } },
          { output_variable_name: 'size', type: 'select', option_source: { value: ['S', 'L'] } },
        ],
        user_actions: [
          { id: 'yes', title: 'Pay', button_style: 'primary' },
          { id: 'no', title: 'Refuse' },
        ],
        timeout: 24,
      },
    },
    { id: 'end', type: 'end', config: { outputs: [{ variable: 'why', value_selector: ['ask', 'why'] }] } },
  ],
  edges: [
    { source: 'start', target: 'ask' },
    { source: 'ask', target: 'end', source_handle: 'yes' },
  ],
};

interface Asked {
  readonly token: string;
  readonly url: string;
}
interface RunBody {
  readonly id: string;
  readonly status: string;
  readonly approvals?: readonly Asked[];
}

let database: TestDatabase;
let standalone: Standalone;
let folder: string;
let workflowId: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'treadle-approvals-'));
  database = await testDatabase();
  standalone = await startStandalone({
    DATABASE_URL: database.connectionString,
    TREADLE_DATA_DIR: folder,
    TREADLE_HTTP_PORT: '0',
    TREADLE_API_KEY: apiKey,
  });
  workflowId = (await api<{ id: string }>('/api/v1/workflows', refund)).body.id;
});

afterAll(async () => {
  await standalone?.stop();
  await database?.drop();
  rmSync(folder, { recursive: true, force: true });
});

async function api<T>(path: string, json?: object, headers: object = { authorization: `Bearer ${apiKey}` }) {
  const response = await fetch(`${standalone.url}${path}`, {
    method: json ? 'POST' : 'GET',
    headers: { ...headers, ...(json && { 'content-type': 'application/json' }) },
    ...(json && { body: JSON.stringify(json) }),
  });
  return { status: response.status, body: (await response.json()) as T };
}

/** As whoever holds the link: without a key. */
const withToken = <T>(token: string, json?: object) => api<T>(`/api/v1/approvals/${token}`, json, {});

async function ask(name = 'Ada'): Promise<{ run: RunBody; asked: Asked }> {
  const { body: run } = await api<RunBody>(`/api/v1/workflows/${workflowId}/runs`, { inputs: { name } });
  return { run, asked: run.approvals![0]! };
}

async function page(url: string, form?: Record<string, string>) {
  const options = form ? { method: 'POST', body: new URLSearchParams(form) } : {};
  const response = await fetch(url, { ...options, redirect: 'manual' });
  return { status: response.status, headers: response.headers, html: await response.text() };
}

describe('approvals over HTTP', () => {
  it('tell whoever waits for the run where to answer', async () => {
    const { run, asked } = await ask();
    expect(run).toMatchObject({ status: 'paused', approvals: [{ node: 'ask', title: 'Refund & thanks' }] });
    expect(asked.url).toBe(`${standalone.url}/approvals/${asked.token}`);
    expect((await api<RunBody>(`/api/v1/runs/${run.id}`)).body.approvals).toEqual(run.approvals);
    const { body } = await api<{ items: object[] }>(`/api/v1/approvals?run_id=${run.id}`);
    expect(body.items).toEqual([(await withToken(asked.token)).body]);
    expect(body.items[0]).toMatchObject({ ...asked, status: 'pending', run_id: run.id, answer: null });
  });

  it('are answered with their token alone, once', async () => {
    const { run, asked } = await ask();
    const wrong = await withToken(asked.token, { action: 'yes', values: { size: 'XL' } });
    expect([wrong.status, wrong.body]).toMatchObject([422, { code: 'invalid_inputs', field: 'values.size' }]);
    const answered = await withToken(asked.token, { action: 'yes', values: { why: 'late' }, by: 'Grace' });
    const answer = { action: 'yes', values: { why: 'late' }, by: 'Grace' };
    expect([answered.status, answered.body]).toMatchObject([200, { status: 'answered', answer }]);
    expect((await api(`/api/v1/runs/${run.id}`)).body).toMatchObject({ status: 'completed', outputs: { why: 'late' } });
    const again = await withToken(asked.token, { action: 'no' });
    expect([again.status, again.body]).toMatchObject([
      409,
      { code: 'already_answered', message: expect.stringMatching(/^Grace answered "yes" at 2/) },
    ]);
  });

  it('are listed for a key only, and a token that is wrong is told apart from nothing', async () => {
    expect((await api('/api/v1/approvals', undefined, {})).status).toBe(401);
    const unknown = await withToken<{ message: string }>('x'.repeat(32));
    expect([unknown.status, unknown.body]).toMatchObject([404, { code: 'not_found' }]);
    expect(unknown.body.message).not.toContain('xxx');
  });

  it('stand in the stream, which goes on when somebody has answered', async () => {
    const { run, asked } = await ask();
    const headers = { authorization: `Bearer ${apiKey}` };
    const stream = await fetch(`${standalone.url}/api/v1/runs/${run.id}/events`, { headers });
    let text = '';
    for await (const chunk of stream.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      if (text.includes('event: run-paused') && !text.includes('event: form-answered'))
        await withToken(asked.token, { action: 'yes' });
    }
    const waiting = /event: node-waiting\n.*\ndata: (.*)\n/.exec(text)?.[1] ?? '{}';
    const { token, url } = asked;
    expect(JSON.parse(waiting)).toMatchObject({
      key: 'ask',
      token,
      url,
      form: { actions: [{ id: 'yes' }, { id: 'no' }] },
    });
    expect(text).toContain('event: run-completed');
  });
});

describe('the page of an approval', () => {
  it('asks without a script, shows what was written as text, and lets nothing else in', async () => {
    const { asked } = await ask('<b>Ada</b>');
    const { status, headers, html } = await page(asked.url);
    expect(status).toBe(200);
    expect(headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self'/,
    );
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(html).toContain('<h1>Refund &amp; thanks</h1>');
    expect(html).toContain('Refund for &lt;b&gt;Ada&lt;/b&gt;');
    expect(html).toContain('she &quot;asked&quot;</textarea>');
    expect(html).toContain('<button name="action" value="yes" class="primary">Pay</button>');
    expect(html).not.toMatch(/<script|<b>/);
  });

  it('takes the answer of its form and shows what became of it, also to whoever comes later', async () => {
    const { run, asked } = await ask();
    const form = { 'values.why': 'a\r\nb', 'values.size': '', by: '<i>Grace</i>', action: 'yes' };
    const sent = await page(asked.url, form);
    expect(sent.status).toBe(303);
    const shown = await page(new URL(sent.headers.get('location')!, asked.url).href);
    expect(shown.html).toContain('Answered <strong>Pay</strong> by &lt;i&gt;Grace&lt;/i&gt;');
    expect(shown.html).not.toContain('<form');
    expect((await api(`/api/v1/runs/${run.id}`)).body).toMatchObject({ outputs: { why: 'a\nb' } });
    const late = await page(asked.url, { action: 'no' });
    expect([late.status, late.html]).toEqual([409, expect.stringContaining('Answered <strong>Pay</strong>')]);
  });

  it('keeps what was written when something about it is wrong', async () => {
    const { asked } = await ask();
    const { status, html } = await page(asked.url, { action: 'yes', 'values.size': 'XL', 'values.why': 'my reason' });
    expect(status).toBe(422);
    expect(html).toContain('role="alert"');
    expect(html).toContain('my reason</textarea>');
  });

  it('says when a run has given up asking, and when a link is wrong', async () => {
    const { run, asked } = await ask();
    await api(`/api/v1/runs/${run.id}/cancel`, {});
    expect((await page(asked.url)).html).toContain('not asked any more');
    expect(await page(`${standalone.url}/approvals/wrong`)).toMatchObject({
      status: 404,
      html: expect.stringContaining('There is no such approval'),
    });
  });
});
