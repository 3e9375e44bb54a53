import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RecordedEvent, type RunEvent, verifyHistory } from '@treadle/engine';
import { catalog } from '@treadle/nodes';
import { type TestDatabase, testDatabase } from '@treadle/testing';
import { compile, type WorkflowDocument } from '@treadle/workflow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Standalone, startStandalone } from '../src/standalone.js';

const headers = { authorization: 'Bearer tk_for_specs', 'content-type': 'application/json' };

let database: TestDatabase;
let standalone: Standalone;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'treadle-history-'));
  database = await testDatabase();
  standalone = await startStandalone({
    DATABASE_URL: database.connectionString,
    TREADLE_DATA_DIR: folder,
    TREADLE_HTTP_PORT: '0',
    TREADLE_API_KEY: 'tk_for_specs',
  });
});

afterAll(async () => {
  await standalone?.stop();
  await database?.drop();
  rmSync(folder, { recursive: true, force: true });
});

async function api<T>(path: string, json?: object): Promise<T> {
  const request = json ? { method: 'POST', headers, body: JSON.stringify(json) } : { headers };
  return (await (await fetch(`${standalone.url}/api/v1/${path}`, request)).json()) as T;
}

interface Run {
  readonly id: string;
  readonly status: string;
  readonly approvals?: readonly { readonly token: string }[];
}

interface Head {
  readonly run: { readonly id: string };
  readonly workflows: readonly { readonly id: string; readonly version: number; readonly document: WorkflowDocument }[];
}

/** What the API tells of a run, as somebody reads it who has nothing else. */
async function historyOf(id: string): Promise<{ head: Head; events: RecordedEvent[] }> {
  const text = await (await fetch(`${standalone.url}/api/v1/runs/${id}/history`, { headers })).text();
  const [head, ...lines] = text.trimEnd().split('\n');
  const events = lines.map((line) => {
    const { sequence, at, event } = JSON.parse(line) as { sequence: number; at: string; event: RunEvent };
    return { sequence, at: Date.parse(at), event };
  });
  return { head: JSON.parse(head!) as Head, events };
}

function replayed({ head, events }: { head: Head; events: RecordedEvent[] }) {
  const [own, ...called] = head.workflows;
  const plans = new Map(
    called.map(({ id, version, document }) => [`${id}@${version}`, compile(document, catalog).plan]),
  );
  const { plan } = compile(own!.document, catalog, { workflows: ({ id, version }) => plans.get(`${id}@${version}`) });
  return verifyHistory(plan!, catalog, events);
}

const start = { id: 'start', type: 'start', config: { variables: [{ variable: 'name', type: 'text-input' }] } };

const saying = {
  format: 'treadle/v1',
  name: 'saying',
  nodes: [
    start,
    {
      id: 'say',
      type: 'llm',
      config: {
        model: { provider: 'demo', name: 'demo' },
        prompt_template: [{ role: 'user', text: '{{#start.name#}}' }],
      },
    },
    { id: 'end', type: 'end', config: { outputs: [{ variable: 'said', value_selector: ['say', 'text'] }] } },
  ],
  edges: [
    { source: 'start', target: 'say' },
    { source: 'say', target: 'end' },
  ],
};

/** A task in each round of a loop through another workflow, a failure that is retried, a moment and a person to wait for. */
const mixed = (workflowId: string) => ({
  format: 'treadle/v1',
  name: 'mixed',
  nodes: [
    start,
    { id: 'letters', type: 'text-splitter', config: { variable_selector: ['start', 'name'], chunk_size: 1 } },
    {
      id: 'each',
      type: 'iteration',
      config: { iterator_selector: ['letters', 'chunks'], output_selector: ['call', 'said'], is_parallel: true },
    },
    {
      id: 'call',
      type: 'sub-workflow',
      parent: 'each',
      config: { workflow_id: workflowId, version: 1, inputs: [{ variable: 'name', value_selector: ['each', 'item'] }] },
    },
    {
      id: 'fetch',
      type: 'http-request',
      config: { method: 'get', url: 'http://127.0.0.1:9/nobody' },
      retry: { max_attempts: 2, backoff_seconds: 0.1, codes: ['http_request_failed', 'address_blocked'] },
      on_error: { strategy: 'fail-branch' },
    },
    { id: 'wait', type: 'wait', config: { mode: 'duration', duration: 0.3 } },
    { id: 'ask', type: 'human-input', config: { form_content: 'ok?', user_actions: [{ id: 'yes' }] } },
    { id: 'end', type: 'end', config: { outputs: [{ variable: 'all', value_selector: ['each', 'output'] }] } },
  ],
  edges: [
    { source: 'start', target: 'letters' },
    { source: 'letters', target: 'each' },
    { source: 'each', target: 'fetch' },
    { source: 'fetch', target: 'wait', source_handle: 'fail-branch' },
    { source: 'wait', target: 'ask' },
    { source: 'ask', target: 'end', source_handle: 'yes' },
  ],
});

describe('the history of a run', () => {
  it('holds all that is needed to decide it once more, elsewhere', async () => {
    const { id: sayingId } = await api<{ id: string }>('workflows', saying);
    const { id: workflowId } = await api<{ id: string }>('workflows', mixed(sayingId));
    let run = await api<Run>(`workflows/${workflowId}/runs`, { inputs: { name: 'Ada' }, mode: 'async' });
    await expect
      .poll(async () => (run = await api<Run>(`runs/${run.id}`)).approvals?.length, { timeout: 15_000 })
      .toBe(1);
    await api(`approvals/${run.approvals![0]!.token}`, { action: 'yes' });
    const history = await historyOf(run.id);
    expect(history.head).toMatchObject({ format: 'treadle-history/v1', run: { id: run.id, workflow_id: workflowId } });
    expect(history.head.workflows.map(({ id }) => id)).toEqual([workflowId, sayingId]);
    expect(history.events.map(({ sequence }) => sequence)).toEqual(history.events.map((_, index) => index + 1));
    const types = new Set(history.events.map(({ event }) => event.type));
    for (const type of ['node-retry-scheduled', 'node-waiting', 'form-answered', 'round-completed', 'run-completed'])
      expect(types).toContain(type);
    expect(replayed(history)).toBeUndefined();
    const changed = history.events.map((one) =>
      one.event.type === 'run-completed' ? { ...one, event: { ...one.event, outputs: { all: [] } } } : one,
    );
    expect(replayed({ ...history, events: changed })).toMatchObject({ sequence: changed.length });
  });

  it('is not told to another key, nor of a run that does not exist', async () => {
    const unknown = await fetch(`${standalone.url}/api/v1/runs/01900000-0000-7000-8000-000000000000/history`, {
      headers,
    });
    expect([unknown.status, await unknown.json()]).toMatchObject([404, { code: 'not_found' }]);
    expect((await fetch(`${standalone.url}/api/v1/runs/x/history`)).status).toBe(401);
  });
});
