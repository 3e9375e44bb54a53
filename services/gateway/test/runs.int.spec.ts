import { Delta, runDeltasSubject } from '@treadle/contracts';
import { FailureError, failure } from '@treadle/failure';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { EventReader } from './event-reader.js';
import type { FakeRun } from './fake-orchestrator.js';
import { apiKey, chatDocument, type GatewayUnderTest, startGateway } from './gateway-under-test.js';

let gateway: GatewayUnderTest;
let runsPath: string;
beforeAll(async () => {
  gateway = await startGateway();
  const created = await gateway.call('/api/v1/workflows', { method: 'POST', body: JSON.stringify(chatDocument) });
  runsPath = `/api/v1/workflows/${((await created.json()) as { id: string }).id}/runs`;
});
afterAll(() => gateway.close());
afterEach(() => {
  gateway.orchestrator.onStart = () => undefined;
  gateway.orchestrator.failStart = undefined;
});

const started = {
  type: 'run-started',
  engine: 1,
  inputs: {},
  sys: { query: 'why' },
  environment: { s: 1 },
  conversation: {},
} as const;
const begin = (run: FakeRun) =>
  run.commit([
    started,
    { type: 'node-completed', key: 'start', outputs: {} },
    { type: 'node-scheduled', key: 'llm', attempt: 1, deadlineAt: 1_700_000_600_000 },
  ]);
const finish = (run: FakeRun, text = 'because', execution = 'e1', announced = true) =>
  run.commit(
    [
      {
        type: 'node-completed',
        key: 'llm',
        attempt: 1,
        outputs: { text },
        execution,
        usage: { inputTokens: 3, outputTokens: 1 },
      },
      { type: 'node-completed', key: 'answer', outputs: { answer: `Q why: ${text}!` } },
      { type: 'run-completed', outputs: { answer: `Q why: ${text}!` } },
    ],
    announced,
  );
const say = (run: FakeRun, offset: number, text: string, executionId = 'e1') =>
  gateway.bus.publish(
    runDeltasSubject(run.id),
    Delta.fromPartial({ runId: run.id, nodeKey: 'llm', attempt: 1, executionId, offset, text }),
  );

const start = (body: object, headers: Record<string, string> = {}, path = runsPath) =>
  gateway.call(path, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
  });
const startRun = async (onStart: (run: FakeRun) => void = begin): Promise<FakeRun> => {
  gateway.orchestrator.onStart = onStart;
  const { id } = (await (await start({ mode: 'async', query: 'why' })).json()) as { id: string };
  return gateway.orchestrator.run(id);
};

describe('starting a run', () => {
  it('waits for the finished run unless told otherwise', async () => {
    gateway.orchestrator.onStart = (run) => {
      begin(run);
      setImmediate(() => finish(run));
    };
    const response = await start({ inputs: { a: 1 }, query: 'why', user: 'me' });
    expect([response.status, await response.json()]).toMatchObject([
      200,
      {
        status: 'completed',
        inputs: { a: 1 },
        outputs: { answer: 'Q why: because!' },
        failure: null,
        user: 'me',
        created_at: '2023-11-14T22:13:20.000Z',
        finished_at: '2023-11-14T22:13:21.000Z',
      },
    ]);
  });

  it('takes an empty body', async () => {
    gateway.orchestrator.onStart = finish;
    expect((await gateway.call(runsPath, { method: 'POST' })).status).toBe(200);
  });

  it('answers 202 and an address with mode async', async () => {
    const response = await start({ mode: 'async' });
    const body = (await response.json()) as { id: string };
    expect(response.status).toBe(202);
    expect(response.headers.get('location')).toBe(`/api/v1/runs/${body.id}`);
    expect(await (await gateway.call(`/api/v1/runs/${body.id}`)).json()).toMatchObject({
      id: body.id,
      status: 'running',
    });
  });

  it('repeats a start by its key, in any mode and order of fields, and refuses another body', async () => {
    const key = { 'idempotency-key': 'once' };
    const first = await (await start({ mode: 'async', inputs: { a: 1, b: 2 } }, key)).json();
    const again = await (await start({ inputs: { b: 2, a: 1 }, mode: 'async' }, key)).json();
    expect(again).toEqual(first);
    const other = await start({ mode: 'async', inputs: { a: 2 } }, key);
    expect([other.status, await other.json()]).toMatchObject([409, { code: 'idempotency_key_reused' }]);
  });

  it('follows the run when the connection to the orchestrator breaks after acceptance', async () => {
    gateway.orchestrator.failStart = { when: 'after', error: FailureError.of('unavailable', 'gone') };
    gateway.orchestrator.onStart = (run) => {
      begin(run);
      setTimeout(() => finish(run), 20);
    };
    const response = await start({ query: 'why' });
    expect([response.status, await response.json()]).toMatchObject([200, { status: 'completed' }]);
  });

  it('says how to repeat safely when it breaks before acceptance', async () => {
    gateway.orchestrator.failStart = {
      when: 'before',
      error: FailureError.of('unavailable', 'The orchestrator is away.'),
    };
    const response = await start({});
    expect(response.headers.get('retry-after')).toBe('1');
    expect([response.status, await response.json()]).toMatchObject([
      503,
      { code: 'unavailable', hint: expect.stringContaining('Idempotency-Key') },
    ]);
  });

  it('never shows the text of an unknown error', async () => {
    gateway.orchestrator.failStart = { when: 'before', error: new Error('password=hunter2') };
    const response = await start({});
    const text = await response.text();
    expect(response.status).toBe(500);
    expect(text).not.toContain('hunter2');
    expect(JSON.parse(text)).toMatchObject({ code: 'internal', request_id: expect.any(String) });
  });

  it('passes on what the orchestrator refuses, all problems with it', async () => {
    const problems = [
      { field: 'inputs.topic', message: 'topic is required' },
      { field: 'inputs.count', message: 'count is no number' },
    ];
    gateway.orchestrator.failStart = {
      when: 'before',
      error: FailureError.of('invalid_inputs', 'topic is required', { field: 'inputs.topic', details: { problems } }),
    };
    const response = await start({});
    expect([response.status, await response.json()]).toMatchObject([
      422,
      { code: 'invalid_inputs', field: 'inputs.topic', errors: problems },
    ]);
  });

  it.each([
    [{ inputs: [] }, 'inputs'],
    [{ inputs: {}, mode: 'later' }, 'mode'],
    [{ inptus: {} }, 'inptus'],
    [{ version: 0 }, 'version'],
    [[], ''],
  ])('refuses %j', async (body, field) => {
    const before = gateway.orchestrator.runs.size;
    const response = await start(body);
    expect([response.status, await response.json()]).toMatchObject([
      400,
      { code: 'invalid_argument', ...(field && { field }) },
    ]);
    expect(gateway.orchestrator.runs.size).toBe(before);
  });

  it('refuses bodies that are not JSON, unknown workflows and bad keys', async () => {
    const answers = await Promise.all([
      gateway.call(runsPath, { method: 'POST', body: '{"inputs": ', headers: { 'content-type': 'application/json' } }),
      gateway.call(runsPath, {
        method: 'POST',
        body: 'a=1',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      }),
      start({}, {}, '/api/v1/workflows/none/runs'),
      start({}, { 'idempotency-key': 'x'.repeat(300) }),
    ]);
    expect(await Promise.all(answers.map((answer) => answer.json()))).toMatchObject([
      { status: 400, code: 'invalid_argument', field: 'body' },
      { status: 415, code: 'unsupported_media_type' },
      { status: 404, code: 'not_found' },
      { status: 400, code: 'invalid_argument', field: 'Idempotency-Key' },
    ]);
  });
});

describe('the stream of a run', () => {
  it('shows events and the text as it appears, and ends with the run', async () => {
    gateway.orchestrator.onStart = (run) => void begin(run);
    const response = await start({ mode: 'stream', query: 'why' });
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
    const run = gateway.orchestrator.run(response.headers.get('location')!.split('/').at(-1)!);
    const reader = new EventReader(response);
    await reader.until((event) => event.type === 'node-scheduled');
    say(run, 0, 'be');
    await reader.until(() => reader.text === 'Q why: be');
    say(run, 2, 'cau');
    await reader.until(() => reader.text === 'Q why: becau');
    finish(run);
    await reader.end();
    expect(reader.text).toBe('Q why: because!');
    expect(reader.events.filter((event) => event.type !== 'text-delta')).toMatchObject([
      {
        type: 'run-started',
        data: { run_id: run.id, sequence: 1, at: '2023-11-14T22:13:20.000Z', sys: { query: 'why' } },
      },
      { type: 'node-completed', data: { key: 'start', node_type: 'start' } },
      {
        type: 'node-scheduled',
        data: { key: 'llm', node_type: 'llm', attempt: 1, deadline_at: '2023-11-14T22:23:20.000Z' },
      },
      {
        type: 'node-completed',
        data: { key: 'llm', outputs: { text: 'because' }, usage: { input_tokens: 3, output_tokens: 1 } },
      },
      { type: 'node-completed', data: { key: 'answer' } },
      { type: 'run-completed', data: { outputs: { answer: 'Q why: because!' } } },
    ]);
    expect(JSON.stringify(reader.events)).not.toContain('environment');
  });

  it('goes on from Last-Event-ID, while the run is live and after', async () => {
    const run = await startRun();
    const path = `/api/v1/runs/${run.id}/events`;
    const first = new EventReader(await gateway.call(path));
    await first.until((event) => event.type === 'node-scheduled');
    say(run, 0, 'be');
    await first.until(() => first.text === 'Q why: be');
    first.drop();
    say(run, 2, 'ca');
    const second = first.continuedBy(await gateway.call(path, { headers: { 'last-event-id': first.lastId } }));
    finish(run);
    await second.end();
    expect(second.text).toBe('Q why: because!');
    expect(second.events.filter(({ type }) => type === 'run-started')).toHaveLength(0);
    const third = first.continuedBy(await gateway.call(`${path}?last_event_id=${encodeURIComponent(first.lastId)}`));
    await third.end();
    expect(third.text).toBe('Q why: because!');
    expect(third.events[0]).toMatchObject({ type: 'text-delta', data: { offset: 9, text: 'cause!', node: 'answer' } });
  });

  it('gives the text again when another execution made the result', async () => {
    const run = await startRun();
    const first = new EventReader(await gateway.call(`/api/v1/runs/${run.id}/events`));
    say(run, 0, 'zombie', 'e0');
    await first.until(() => first.text === 'Q why: zombie');
    first.drop();
    finish(run);
    const second = first.continuedBy(
      await gateway.call(`/api/v1/runs/${run.id}/events`, { headers: { 'last-event-id': first.lastId } }),
    );
    await second.end();
    expect(second.text).toBe('Q why: because!');
  });

  it('finds events whose announcement was lost', async () => {
    const run = await startRun();
    const reader = new EventReader(await gateway.call(`/api/v1/runs/${run.id}/events`));
    await reader.until((event) => event.type === 'node-scheduled');
    finish(run, 'because', 'e1', false);
    await reader.end();
    expect(reader.text).toBe('Q why: because!');
  });

  it('ends with what a failed run came to', async () => {
    const run = await startRun();
    run.commit([{ type: 'run-failed', failure: failure('provider_error', 'It broke.'), key: 'llm' }]);
    const reader = new EventReader(await gateway.call(`/api/v1/runs/${run.id}/events`));
    await reader.end();
    expect(reader.events.at(-1)).toMatchObject({
      type: 'run-failed',
      data: { key: 'llm', failure: { code: 'provider_error', message: 'It broke.' } },
    });
  });

  it.each(['x', '1', '1.2.3', '9999.0', '1.9999', '-1.0', '1.0.0.', `1.0.0.${'e'.repeat(200)}`])(
    'refuses the Last-Event-ID %j',
    async (id) => {
      const run = await startRun(finish);
      const response = await gateway.call(`/api/v1/runs/${run.id}/events`, { headers: { 'last-event-id': id } });
      expect([response.status, await response.json()]).toMatchObject([
        400,
        { code: 'invalid_argument', field: 'Last-Event-ID' },
      ]);
    },
  );

  it('is a 404 for a run that is not there', async () => {
    expect((await gateway.call('/api/v1/runs/none/events')).status).toBe(404);
  });
});

describe('runs', () => {
  it('are listed by workflow, states and time', async () => {
    const query =
      'workflow_id=wf1&status=completed,failed&status=running&created_after=2024-01-01T00:00:00Z&limit=7&cursor=c';
    const response = await gateway.call(`/api/v1/runs?${query}`);
    expect([response.status, await response.json()]).toMatchObject([
      200,
      { items: expect.any(Array), next_cursor: 'next' },
    ]);
    expect(gateway.orchestrator.listed.at(-1)).toMatchObject({
      workflowId: 'wf1',
      statuses: ['completed', 'failed', 'running'],
      createdFromUnixMs: Date.UTC(2024, 0, 1),
      createdBeforeUnixMs: 0,
      limit: 7,
      cursor: 'c',
    });
  });

  it.each([
    ['status=done', 'status[0]'],
    ['created_before=yesterday', 'created_before'],
    ['limit=0', 'limit'],
  ])('are not listed by %s', async (query, field) => {
    const response = await gateway.call(`/api/v1/runs?${query}`);
    expect([response.status, await response.json()]).toMatchObject([400, { code: 'invalid_argument', field }]);
  });

  it('are cancelled once', async () => {
    const run = await startRun();
    const cancel = () => gateway.call(`/api/v1/runs/${run.id}/cancel`, { method: 'POST' });
    expect(await (await cancel()).json()).toMatchObject({ status: 'cancelled' });
    expect([(await cancel()).status, run.entries.length]).toEqual([200, 2]);
  });
});

it('needs a key, and a known one', async () => {
  const answers = await Promise.all([
    fetch(`${gateway.url}/api/v1/runs`),
    fetch(`${gateway.url}/api/v1/runs`, { headers: { authorization: `Basic ${apiKey}` } }),
    fetch(`${gateway.url}/api/v1/runs`, { headers: { authorization: 'Bearer tk_wrong' } }),
  ]);
  for (const answer of answers) {
    expect(answer.headers.get('www-authenticate')).toContain('Bearer');
    expect(await answer.json()).toMatchObject({
      status: 401,
      code: 'unauthenticated',
      field: 'Authorization',
      hint: expect.any(String),
    });
  }
});
