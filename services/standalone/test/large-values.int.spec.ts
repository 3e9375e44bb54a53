import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPool } from '@treadle/persistence';
import { type ModelServer, startModelServer, type TestDatabase, testDatabase } from '@treadle/testing';
import { inlineBytes } from '@treadle/workflow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Standalone, startStandalone } from '../src/standalone.js';

const apiKey = 'tk_for_specs';
/** 5 MB in words of 1 KiB, so that it streams in many pieces. */
const longAnswer = `${'w'.repeat(1023)} `.repeat(5 * 1024).trim();

let database: TestDatabase;
let models: ModelServer;
let standalone: Standalone;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'treadle-large-'));
  [database, models] = await Promise.all([testDatabase(), startModelServer({ answer: () => longAnswer })]);
  standalone = await startStandalone({
    DATABASE_URL: database.connectionString,
    TREADLE_DATA_DIR: folder,
    TREADLE_HTTP_PORT: '0',
    TREADLE_API_KEY: apiKey,
    OPENAI_BASE_URL: models.url,
    OPENAI_API_KEY: 'unused',
  });
});
afterAll(async () => {
  await standalone?.stop();
  await Promise.all([models?.close(), database?.drop()]);
  rmSync(folder, { recursive: true, force: true });
});

async function api<T>(path: string, body?: object): Promise<{ status: number; body: T }> {
  const response = await fetch(`${standalone.url}${path}`, {
    method: body ? 'POST' : 'GET',
    headers: { authorization: `Bearer ${apiKey}`, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as T };
}

interface ShownRun {
  readonly id: string;
  readonly status: string;
  readonly inputs: Record<string, unknown>;
  readonly outputs: Record<string, unknown>;
  readonly node_runs: readonly {
    readonly key: string;
    readonly attempt: number;
    readonly outputs: Record<string, unknown>;
  }[];
}

const llm = (text: string) => ({
  id: 'llm',
  type: 'llm',
  config: { model: { provider: 'openai', name: 'small' }, prompt_template: [{ role: 'user', text }] },
});

async function stored(document: object): Promise<string> {
  const { status, body } = await api<{ id: string }>('/api/v1/workflows', { format: 'treadle/v1', ...document });
  expect([status, body]).toMatchObject([201, { id: expect.any(String) }]);
  return body.id;
}

/** start → llm → template → if-else → end, each looking at what the llm said. */
const summary = {
  name: 'summary',
  nodes: [
    { id: 'start', type: 'start', config: { variables: [{ variable: 'text', type: 'paragraph' }] } },
    llm('{{#start.text#}}'),
    {
      id: 'count',
      type: 'template',
      config: { template: '{{ said | length }}', variables: [{ variable: 'said', value_selector: ['llm', 'text'] }] },
    },
    {
      id: 'if',
      type: 'if-else',
      config: {
        cases: [
          {
            case_id: 'long',
            logical_operator: 'and',
            conditions: [{ variable_selector: ['llm', 'text'], comparison_operator: 'start with', value: 'www' }],
          },
        ],
      },
    },
    {
      id: 'end',
      type: 'end',
      config: {
        outputs: [
          { variable: 'said', value_selector: ['llm', 'text'] },
          { variable: 'length', value_selector: ['count', 'output'] },
        ],
      },
    },
  ],
  edges: [
    { source: 'start', target: 'llm' },
    { source: 'llm', target: 'count' },
    { source: 'count', target: 'if' },
    { source: 'if', source_handle: 'long', target: 'end' },
  ],
};

describe('an answer of 5 MB', () => {
  it('is read by templates and conditions and given back whole, while the journal stays small', async () => {
    const id = await stored(summary);
    const { body: run } = await api<ShownRun>(`/api/v1/workflows/${id}/runs`, { inputs: { text: 'go' }, mode: 'wait' });
    expect(run.status).toBe('completed');
    expect(run.outputs).toEqual({ said: longAnswer, length: String(longAnswer.length) });
    const { body: again } = await api<ShownRun>(`/api/v1/runs/${run.id}`);
    expect(again.outputs['said']).toBe(longAnswer);
    const shown = again.node_runs.map(({ key, attempt }) => `${key} ${attempt}`);
    expect(shown).toEqual(['start 0', 'llm 1', 'count 1', 'if 1', 'end 0']);
    const pool = createPool(database.connectionString, { schema: 'orchestrator' });
    const { rows } = await pool.query<{ largest: number }>(
      'select max(octet_length(events::text))::int as largest from journal where run_id = $1',
      [run.id],
    );
    await pool.end();
    expect(rows[0]?.largest).toBeLessThan(8 * 1024);
  });

  it('is shown as an address at the nodes and in events, where it can be fetched', async () => {
    const id = await stored(summary);
    const { body: run } = await api<ShownRun>(`/api/v1/workflows/${id}/runs`, { inputs: { text: 'go' }, mode: 'wait' });
    const { body: again } = await api<ShownRun>(`/api/v1/runs/${run.id}`);
    const { $large } = again.node_runs[1]?.outputs['text'] as { $large: { bytes: number; url: string } };
    expect($large).toEqual({
      bytes: longAnswer.length + 2,
      url: expect.stringContaining(`/api/v1/runs/${run.id}/values/`),
    });
    expect((await api($large.url)).body).toBe(longAnswer);
    const events = await fetch(`${standalone.url}/api/v1/runs/${run.id}/events`, {
      headers: { authorization: `Bearer ${apiKey}` },
    });
    const frames = (await events.text()).split('\n\n');
    const completed = frames.find((frame) => frame.startsWith('event: node-completed') && frame.includes('"llm"'));
    expect(completed).toContain($large.url);
    // The text of the run is shown whole.
    const deltas = frames.filter((frame) => frame.startsWith('event: text-delta'));
    const text = deltas.map((frame) => (JSON.parse(frame.split('data: ')[1] ?? '') as { text: string }).text).join('');
    expect(text).toBe(`${longAnswer}\n${longAnswer.length}`);
    expect((await api(`/api/v1/runs/${run.id}/values/${'0'.repeat(64)}`)).status).toBe(404);
  });
});

describe('large inputs', () => {
  it('are taken, handed on and given back whole', async () => {
    const id = await stored(summary);
    const text = 'ü'.repeat(inlineBytes);
    const { body: run } = await api<ShownRun>(`/api/v1/workflows/${id}/runs`, { inputs: { text }, mode: 'wait' });
    expect([run.status, run.inputs['text'] === text]).toEqual(['completed', true]);
    expect(models.chats.at(-1)?.body.messages.at(-1)?.content).toBe(text);
  });

  it('are refused above the limit of a request, and where they look like a reference of ours', async () => {
    const id = await stored(summary);
    const start = (inputs: object) =>
      api<{ code: string; message: string }>(`/api/v1/workflows/${id}/runs`, { inputs });
    const { status, body } = await start({ text: 'x'.repeat(11_000_000) });
    expect([status, body.code]).toEqual([413, 'payload_too_large']);
    expect(body.message).toMatch(/has 110000\d\d bytes; at most 10485760/);
    const forged = { $large: { key: `runs/other/${'0'.repeat(64)}`, bytes: 3 } };
    expect(await start({ text: forged })).toMatchObject({ status: 422, body: { code: 'invalid_inputs' } });
  });
});

describe('a large list', () => {
  it('is iterated over item by item', async () => {
    const id = await stored({
      name: 'pieces',
      nodes: [
        { id: 'start', type: 'start', config: { variables: [{ variable: 'text', type: 'paragraph' }] } },
        { id: 'split', type: 'text-splitter', config: { variable_selector: ['start', 'text'], chunk_size: 100_000 } },
        {
          id: 'each',
          type: 'iteration',
          config: { iterator_selector: ['split', 'chunks'], output_selector: ['size', 'output'], is_parallel: true },
        },
        {
          id: 'size',
          type: 'template',
          parent: 'each',
          config: { template: '{{ it | length }}', variables: [{ variable: 'it', value_selector: ['each', 'item'] }] },
        },
        { id: 'end', type: 'end', config: { outputs: [{ variable: 'sizes', value_selector: ['each', 'output'] }] } },
      ],
      edges: [
        { source: 'start', target: 'split' },
        { source: 'split', target: 'each' },
        { source: 'each', target: 'end' },
      ],
    });
    const text = 'a'.repeat(1_000_000);
    const { body: run } = await api<ShownRun>(`/api/v1/workflows/${id}/runs`, { inputs: { text }, mode: 'wait' });
    expect(run).toMatchObject({ status: 'completed', outputs: { sizes: Array(10).fill('100000') } });
  });
});
