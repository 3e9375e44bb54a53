import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type ChatCompletionRequest,
  type ModelServer,
  type ScriptedAnswer,
  startModelServer,
  type TestDatabase,
  testDatabase,
} from '@treadle/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Standalone, startStandalone } from '../src/standalone.js';

const apiKey = 'tk_for_specs';

/** One agent that tells the time, and a node that does. */
const clock = {
  format: 'treadle/v1',
  name: 'clock',
  nodes: [
    { id: 'start', type: 'start', config: { variables: [{ variable: 'zone', type: 'text-input' }] } },
    {
      id: 'tool',
      type: 'tool',
      config: {
        toolset: 'builtin',
        tool: 'current_time',
        arguments: { timezone: { type: 'variable', value: ['start', 'zone'] } },
      },
    },
    {
      id: 'agent',
      type: 'agent',
      config: {
        model: { provider: 'openai', name: 'small' },
        query: 'What time is it in {{#start.zone#}}?',
        tools: [{ toolset: 'builtin', tool: 'current_time', ask_first: true }],
      },
    },
    {
      id: 'end',
      type: 'end',
      config: {
        outputs: [
          { variable: 'now', value_selector: ['tool', 'text'] },
          { variable: 'text', value_selector: ['agent', 'text'] },
          { variable: 'steps', value_selector: ['agent', 'json'] },
        ],
      },
    },
  ],
  edges: [
    { source: 'start', target: 'tool' },
    { source: 'tool', target: 'agent' },
    { source: 'agent', target: 'end' },
  ],
};

interface Run {
  readonly id: string;
  readonly status: string;
  readonly outputs?: { readonly now: string; readonly text: string; readonly steps: readonly object[] };
  readonly approvals?: readonly { readonly token: string }[];
}

let models: ModelServer;
let database: TestDatabase;
let standalone: Standalone;
let folder: string;
let workflowId: string;

beforeAll(async () => {
  models = await startModelServer({ answer: askTheTime });
  folder = mkdtempSync(join(tmpdir(), 'treadle-agents-'));
  database = await testDatabase();
  standalone = await startStandalone({
    DATABASE_URL: database.connectionString,
    TREADLE_DATA_DIR: folder,
    TREADLE_HTTP_PORT: '0',
    TREADLE_API_KEY: apiKey,
    OPENAI_BASE_URL: models.url,
    OPENAI_API_KEY: 'unused',
  });
  workflowId = (await api<{ id: string }>('/api/v1/workflows', clock)).id;
});

afterAll(async () => {
  await standalone?.stop();
  await database?.drop();
  await models?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Calls the clock, and then says what it heard. */
function askTheTime({ messages }: ChatCompletionRequest): ScriptedAnswer {
  const heard = messages.find(({ role }) => role === 'tool');
  if (heard) return { text: `I heard: ${heard.content}` };
  return { text: '', toolCalls: [{ id: 'c1', name: 'current_time', arguments: '{"timezone":"Asia/Tokyo"}' }] };
}

async function api<T>(path: string, json?: object): Promise<T> {
  const response = await fetch(`${standalone.url}${path}`, {
    method: json ? 'POST' : 'GET',
    headers: { authorization: `Bearer ${apiKey}`, ...(json && { 'content-type': 'application/json' }) },
    ...(json && { body: JSON.stringify(json) }),
  });
  return (await response.json()) as T;
}

const until = async (id: string, status: string) => {
  let run: Run | undefined;
  await vi.waitFor(
    async () => {
      run = await api<Run>(`/api/v1/runs/${id}`);
      expect(run).toMatchObject({ status });
    },
    { timeout: 30_000, interval: 20 },
  );
  return run!;
};

/** Starts a run and brings it to where a person is asked. */
async function askedRun(): Promise<{ id: string; token: string; content: string }> {
  const { id } = await api<Run>(`/api/v1/workflows/${workflowId}/runs`, {
    inputs: { zone: 'Asia/Tokyo' },
    mode: 'async',
  });
  const { approvals = [] } = await until(id, 'paused');
  const token = approvals[0]!.token;
  const { form } = await api<{ form: { content: string } }>(`/api/v1/approvals/${token}`);
  return { id, token, content: form.content };
}

describe('an agent that asks a person', () => {
  it('pauses with the tool and its arguments, and calls it when they agree', async () => {
    const { id, token, content } = await askedRun();
    expect(content).toContain('`current_time` of `builtin`');
    expect(content).toContain('"timezone": "Asia/Tokyo"');
    await api(`/api/v1/approvals/${token}`, { action: 'approve' });
    const { outputs } = await until(id, 'completed');
    expect(outputs?.now).toMatch(/\+09:00/);
    expect(outputs?.text).toMatch(/^I heard: .*\+09:00/);
    expect(outputs?.steps).toMatchObject([{ calls: [{ tool: 'current_time', is_error: false }] }]);
  });

  it('tells the model why they refused', async () => {
    const { id, token } = await askedRun();
    await api(`/api/v1/approvals/${token}`, { action: 'reject', values: { reason: 'It is late.' } });
    const { outputs } = await until(id, 'completed');
    expect(outputs?.text).toBe('I heard: A person refused this call: It is late.');
  });
});
