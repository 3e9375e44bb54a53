import { type ApiClient, ApiError, type ErrorBody, type Run } from '@treadle/cli';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePorts } from './src/free-ports.js';
import { type ModelProcess, startModelProcess } from './src/model-process.js';
import { startStandaloneSystem } from './src/standalone-system.js';
import { apiKey, type System } from './src/system.js';

const llm = (model: string) => ({
  model: { provider: 'openai', name: model },
  prompt_template: [{ role: 'user', text: 'Hi' }],
});

function document(model = 'small', edges: readonly object[] = []): object {
  return {
    format: 'treadle/v1',
    name: 'spec',
    nodes: [
      {
        id: 'start',
        type: 'start',
        config: {
          variables: [
            { variable: 'words', type: 'number', required: true },
            { variable: 'tone', type: 'select', options: ['warm', 'cool'] },
          ],
        },
      },
      { id: 'llm', type: 'llm', config: llm(model) },
      { id: 'end', type: 'end', config: { outputs: [{ variable: 'text', value_selector: ['llm', 'text'] }] } },
    ],
    edges: [{ source: 'start', target: 'llm' }, { source: 'llm', target: 'end' }, ...edges],
  };
}

describe('bad input, at the public API of a whole stack', () => {
  let models: ModelProcess;
  let system: System;
  let api: ApiClient;
  let workflowId: string;

  beforeAll(async () => {
    models = await startModelProcess();
    system = await startStandaloneSystem(models.url);
    api = system.api;
    workflowId = await store(document());
  });

  afterAll(async () => {
    await system.stop();
    await models.stop();
  });

  const store = async (json: object) =>
    (await api.send<{ id: string }>('/api/v1/workflows', { method: 'POST', json })).id;
  const start = (json: object, headers = {}) =>
    api.send<Run>(`/api/v1/workflows/${workflowId}/runs`, { method: 'POST', json, headers });
  const counts = async () => {
    const [workflows, runs] = await Promise.all(
      ['workflows', 'runs'].map((what) => api.send<{ items: unknown[] }>(`/api/v1/${what}?limit=100`)),
    );
    return [workflows?.items.length, runs?.items.length];
  };

  /** The answer to a request that must be refused and must store nothing. */
  async function refused(request: () => Promise<unknown>): Promise<ErrorBody & { status: number }> {
    const before = await counts();
    const error = await request().then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof ApiError)) throw new Error('the request was not refused', { cause: error });
    expect(await counts()).toEqual(before);
    expect(error.body.message).not.toBe('');
    return { ...error.body, status: error.status };
  }

  const upload = (text: string) =>
    api.send('/api/v1/workflows', { method: 'POST', text, headers: { 'content-type': 'application/yaml' } });

  it('refuses what is neither JSON nor YAML, with the line', async () => {
    expect(await refused(() => upload('nodes: [a, b\n  c: {'))).toMatchObject({
      status: 400,
      code: 'invalid_document',
      message: expect.stringMatching(/line/i),
    });
  });

  it('refuses a document of 10 MB and one byte', async () => {
    const error = await refused(() => upload('x'.repeat(10 * 1024 * 1024 + 1)));
    expect(error).toMatchObject({ status: 413, code: 'payload_too_large' });
  });

  it('refuses a cycle and an unknown node type, naming node and field, all at once', async () => {
    const bad = document('small', [
      { source: 'llm', target: 'llm2' },
      { source: 'llm2', target: 'llm' },
    ]) as { nodes: object[] };
    bad.nodes.push({ id: 'llm2', type: 'llm', config: llm('small') }, { id: 'odd', type: 'quantum-leap' });
    const error = await refused(() => store(bad));
    expect(error).toMatchObject({ status: 422, code: 'invalid_document', field: expect.stringMatching(/nodes|edges/) });
    expect(error.errors).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ code: 'unknown_node_type', node: 'odd', field: 'nodes[4].type' }),
        expect.objectContaining({ code: 'cycle' }),
      ]),
    );
  });

  it('refuses a missing required input, one of the wrong type, and one that does not exist', async () => {
    const code = 'invalid_inputs';
    expect(await refused(() => start({ inputs: {} }))).toMatchObject({ status: 422, code, field: 'inputs.words' });
    expect(await refused(() => start({ inputs: { words: 'many' } }))).toMatchObject({ code, field: 'inputs.words' });
    expect(await refused(() => start({ inputs: { words: 1, tone: 'hot' } }))).toMatchObject({
      code,
      field: 'inputs.tone',
    });
    expect(await refused(() => start({ inputs: { words: 1, size: 2 } }))).toMatchObject({ code, field: 'inputs.size' });
  });

  it('refuses fields that do not exist, an unknown workflow and a bad key', async () => {
    expect(await refused(() => start({ inputs: { words: 1 }, mood: 'good' }))).toMatchObject({
      status: 400,
      code: 'invalid_argument',
    });
    const path = '/api/v1/workflows/0190e1f0-0000-7000-8000-000000000000/runs';
    expect(await refused(() => api.send(path, { method: 'POST', json: { inputs: {} } }))).toMatchObject({
      status: 404,
      code: 'not_found',
    });
    const stranger = { headers: { authorization: `Bearer ${apiKey}x` } };
    expect(await refused(() => api.send('/api/v1/runs', stranger))).toMatchObject({
      status: 401,
      code: 'unauthenticated',
    });
  });

  it('refuses a Last-Event-ID that is none or lies beyond the end', async () => {
    const run = await start({ inputs: { words: 1 } });
    const read = (id: string) =>
      api.events(`/api/v1/runs/${run.id}/events`, { headers: { 'last-event-id': id } }).next();
    const expected = { status: 400, code: 'invalid_argument', field: 'Last-Event-ID' };
    expect(await refused(() => read('nonsense'))).toMatchObject(expected);
    expect(await refused(() => read('999.0'))).toMatchObject(expected);
  });

  it('returns the first run for a repeated start, and refuses its key for another request', async () => {
    const headers = { 'idempotency-key': 'spec-1' };
    const first = await start({ inputs: { words: 1 } }, headers);
    expect((await start({ inputs: { words: 1 } }, headers)).id).toBe(first.id);
    expect(await refused(() => start({ inputs: { words: 2 } }, headers))).toMatchObject({
      status: 409,
      code: 'idempotency_key_reused',
      field: 'Idempotency-Key',
    });
  });

  it.each([
    ['fail-unauthenticated', 'provider_unauthenticated'],
    ['fail-cut', 'provider_stream_cut'],
  ])('ends a run whose provider misbehaves (%s) with a code and the provider’s word', async (model, code) => {
    const id = await store(document(model));
    const run = await api.send<Run>(`/api/v1/workflows/${id}/runs`, { method: 'POST', json: { inputs: { words: 1 } } });
    expect(run).toMatchObject({ status: 'failed', failure: { code } });
    expect(run.failure?.message.length).toBeGreaterThan(10);
  });
});

describe('a dead provider', () => {
  it('fails the node with a code and what to do, and never hangs the run', async () => {
    const [port] = await freePorts(1);
    const system = await startStandaloneSystem(`http://127.0.0.1:${port}/v1`);
    try {
      const { id } = await system.api.send<{ id: string }>('/api/v1/workflows', { method: 'POST', json: document() });
      const run = await system.api.send<Run>(`/api/v1/workflows/${id}/runs`, {
        method: 'POST',
        json: { inputs: { words: 1 } },
      });
      expect(run).toMatchObject({ status: 'failed', failure: { code: 'provider_unavailable' } });
      expect(run.failure?.message).toContain('cannot be reached');
    } finally {
      await system.stop();
    }
  });
});
