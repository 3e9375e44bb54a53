import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FakeRun } from './fake-orchestrator.js';
import { chatDocument, type GatewayUnderTest, startGateway } from './gateway-under-test.js';

let gateway: GatewayUnderTest;
let workflowPath: string;
beforeAll(async () => {
  gateway = await startGateway();
  workflowPath = `/api/v1/workflows/${((await (await post('/api/v1/workflows', chatDocument)).json()) as { id: string }).id}`;
});
afterAll(() => gateway.close());

const post = (path: string, body: object, headers: Record<string, string> = {}) =>
  gateway.call(path, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
  });

const started = { type: 'run-started', engine: 1, inputs: {}, sys: {}, environment: {}, conversation: {} } as const;
const failure = { code: 'provider_error', message: 'away', retryable: false } as const;
const fail = (run: FakeRun) => run.commit([started, { type: 'run-failed', failure, key: 'llm' }]);
const complete = (run: FakeRun) =>
  run.commit([
    { ...started, origin: { run: 'run1', kind: 'resume', kept: 1, effects: 'run1' } },
    { type: 'node-completed', key: 'start', outputs: {}, reused: true },
    { type: 'run-completed', outputs: { answer: 'at last' } },
  ]);

async function failedRun(): Promise<string> {
  gateway.orchestrator.onStart = fail;
  const { id } = (await (await post(`${workflowPath}/runs`, { mode: 'async' })).json()) as { id: string };
  gateway.orchestrator.onStart = complete;
  return `/api/v1/runs/${id}`;
}

const asked = () => gateway.orchestrator.continued.at(-1);

describe('resuming a run', () => {
  it('waits for the new run unless told otherwise, and hands on what is to change', async () => {
    const path = await failedRun();
    const body = { inputs: { a: 1 }, variables: { mood: 'good' }, version: 'latest' };
    const response = await post(`${path}/resume`, body);
    expect([response.status, await response.json()]).toMatchObject([200, { status: 'completed', origin: null }]);
    expect(asked()).toMatchObject({
      runId: path.split('/').at(-1),
      inputsJson: '{"a":1}',
      variablesJson: '{"mood":"good"}',
      version: 'latest',
      wait: true,
    });
  });

  it('takes an empty body, answers 202 with mode async, and streams what was reused', async () => {
    const path = await failedRun();
    expect((await gateway.call(`${path}/resume`, { method: 'POST' })).status).toBe(200);
    expect(asked()).toMatchObject({ version: '', inputsJson: '{}' });
    expect((await post(`${path}/resume`, { mode: 'async' })).status).toBe(202);
    const stream = await (await post(`${path}/resume`, { mode: 'stream' })).text();
    expect(stream).toContain('"origin":{"run_id":"run1","kind":"resume","kept":1}');
    expect(stream).toContain('"reused":true');
  });

  it('gives the first run for a repeated key', async () => {
    const path = await failedRun();
    const key = { 'idempotency-key': 'again' };
    const first = await (await post(`${path}/resume`, { mode: 'async' }, key)).json();
    expect(await (await post(`${path}/resume`, { mode: 'async' }, key)).json()).toEqual(first);
    expect((await post(`${path}/resume`, { mode: 'async', inputs: { b: 1 } }, key)).status).toBe(409);
  });

  it('is refused with 409 while the run is under way, and with 400 for what it does not know', async () => {
    gateway.orchestrator.onStart = (run) => run.commit([started]);
    const { id } = (await (await post(`${workflowPath}/runs`, { mode: 'async' })).json()) as { id: string };
    const response = await post(`/api/v1/runs/${id}/resume`, {});
    expect([response.status, await response.json()]).toMatchObject([409, { code: 'resume_refused' }]);
    expect((await post(`/api/v1/runs/${id}/resume`, { version: 'newest' })).status).toBe(400);
  });
});

describe('rerunning a run', () => {
  it('names the node to begin with', async () => {
    const path = await failedRun();
    expect((await post(`${path}/rerun`, { node: 'each[3]/llm', version: 2 })).status).toBe(200);
    expect(asked()).toMatchObject({ nodeKey: 'each[3]/llm', version: '2' });
    const response = await post(`${path}/rerun`, {});
    expect([response.status, await response.json()]).toMatchObject([400, { field: 'node' }]);
  });
});

describe('the list of runs', () => {
  it('shows those that continue a run', async () => {
    const origin = '01900000-0000-7000-8000-000000000001';
    expect((await gateway.call(`/api/v1/runs?origin_run_id=${origin}`)).status).toBe(200);
    expect(gateway.orchestrator.listed.at(-1)).toMatchObject({ originRunId: origin });
    expect((await gateway.call('/api/v1/runs?origin_run_id=x')).status).toBe(400);
  });
});
