import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chatDocument, type GatewayUnderTest, noModels, startGateway } from './gateway-under-test.js';

let gateway: GatewayUnderTest;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());

const post = (body: string, type = 'application/json', query = '') =>
  gateway.call(`/api/v1/workflows${query}`, { method: 'POST', body, headers: { 'content-type': type } });
const stored = () => gateway.orchestrator.stored.size;

describe('importing a workflow', () => {
  it('stores a JSON document and says what it became', async () => {
    const response = await post(JSON.stringify(chatDocument), 'application/json', '?name=mine');
    expect(response.status).toBe(201);
    expect(await response.json()).toEqual({
      id: expect.any(String),
      name: 'mine',
      version: 1,
      warnings: [
        expect.objectContaining({ code: 'model_unchecked', node: 'llm', field: 'nodes[1].config.model.name' }),
      ],
    });
  });

  it.each(['application/yaml', 'text/yaml', 'text/plain', 'application/x-www-form-urlencoded'])(
    'takes YAML sent as %s',
    async (type) => {
      const yaml =
        'format: treadle/v1\nname: y\nnodes:\n  - {id: start, type: start}\n  - {id: end, type: end}\nedges:\n  - {source: start, target: end}\n';
      const response = await post(yaml, type);
      expect([response.status, await response.json()]).toMatchObject([201, { name: 'y', warnings: [] }]);
      expect([...gateway.orchestrator.stored.values()].at(-1)!.versions[0]!.source.original).toBe(yaml);
    },
  );

  it('takes a Dify file', async () => {
    const file = `app: {mode: workflow, name: from dify}
kind: app
version: 0.6.0
workflow:
  graph:
    nodes:
      - {id: '1', type: custom, data: {type: start, title: Start, variables: []}}
      - {id: '2', type: custom, data: {type: end, title: End, outputs: []}}
    edges:
      - {id: e, source: '1', sourceHandle: source, target: '2', targetHandle: target}
`;
    const response = await post(file, 'application/yaml');
    expect([response.status, await response.json()]).toMatchObject([201, { name: 'from dify', version: 1 }]);
  });

  it('warns of models that another one will serve, asking once for each', async () => {
    const asked: unknown[] = [];
    gateway.models = {
      ...noModels,
      resolveModel: async ({ model }) => {
        asked.push(model);
        return { servedBy: { provider: 'p', model: 'other' }, warning: 'Model demo is served by other.' };
      },
    };
    const [start, llm, answer] = chatDocument.nodes;
    const document = {
      ...chatDocument,
      nodes: [start, llm, { ...llm, id: 'llm2' }, answer],
      edges: [...chatDocument.edges, { source: 'start', target: 'llm2' }, { source: 'llm2', target: 'answer' }],
    };
    const body = (await (await post(JSON.stringify(document))).json()) as { warnings: unknown[] };
    gateway.models = noModels;
    expect(asked).toHaveLength(1);
    expect(body.warnings).toMatchObject([
      { code: 'model_substituted', node: 'llm', message: 'Model demo is served by other.' },
      { code: 'model_substituted', node: 'llm2' },
    ]);
  });

  it.each([
    ['{"format": "treadle/v1",\n  "name" oops}', 400, 'invalid_document', 'line 2'],
    ['a: [1, 2\nb: }', 400, 'invalid_document', expect.stringMatching(/^line \d/)],
    ['', 400, 'invalid_document', undefined],
    ['just words', 400, 'invalid_document', 'line 1'],
    ['{"format": "treadle/v1", "name": "x", "nodes": []}', 422, 'invalid_document', 'nodes'],
  ])('refuses %j and stores nothing', async (body, status, code, field) => {
    const before = stored();
    const response = await post(body, 'text/plain');
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ code, status, message: expect.any(String), ...(field && { field }) });
    expect(stored()).toBe(before);
  });

  it('tells all problems of a document at once: a cycle and an unknown type', async () => {
    const document = {
      ...chatDocument,
      nodes: [...chatDocument.nodes, { id: 'odd', type: 'no-such-type' }],
      edges: [...chatDocument.edges, { source: 'answer', target: 'llm' }, { source: 'start', target: 'odd' }],
    };
    const before = stored();
    const response = await post(JSON.stringify(document));
    const body = (await response.json()) as {
      errors: { code: string; node?: string; field: string; message: string }[];
    };
    expect(response.status).toBe(422);
    expect(body).toMatchObject({ code: 'invalid_document', field: expect.any(String), request_id: expect.any(String) });
    expect(body.errors.map((error) => error.code)).toEqual(expect.arrayContaining(['cycle', 'unknown_node_type']));
    expect(body.errors.find((error) => error.code === 'unknown_node_type')).toMatchObject({
      node: 'odd',
      field: 'nodes[3].type',
    });
    expect(stored()).toBe(before);
  });

  it('takes 10 MB and refuses one byte more', async () => {
    const limit = 10 * 1024 * 1024;
    const base = JSON.stringify(chatDocument);
    const exact = base + ' '.repeat(limit - base.length);
    const before = stored();
    const refused = await post(`${exact} `);
    expect([refused.status, await refused.json()]).toMatchObject([413, { code: 'payload_too_large', status: 413 }]);
    expect(stored()).toBe(before);
    expect((await post(exact)).status).toBe(201);
  });
});

describe('workflows', () => {
  it('are versioned, listed and published', async () => {
    const { id } = (await (await post(JSON.stringify({ ...chatDocument, name: 'versions' }))).json()) as { id: string };
    const path = `/api/v1/workflows/${id}`;
    const updated = await gateway.call(path, {
      method: 'PUT',
      body: JSON.stringify({ ...chatDocument, description: 'second' }),
    });
    expect([updated.status, await updated.json()]).toMatchObject([200, { id, version: 2 }]);
    const published = await gateway.call(`${path}/publish`, {
      method: 'POST',
      body: '{"version": 1}',
      headers: { 'content-type': 'application/json' },
    });
    expect([published.status, await published.json()]).toMatchObject([
      200,
      { id, published_version: 1, latest_version: 2 },
    ]);
    expect(await (await gateway.call(`${path}/publish`, { method: 'POST' })).json()).toMatchObject({
      published_version: 2,
    });
    expect(await (await gateway.call(path)).json()).toMatchObject({
      id,
      version: 2,
      document: { description: 'second' },
    });
    expect(await (await gateway.call(`${path}?version=1`)).json()).toMatchObject({
      version: 1,
      format: 'treadle',
      created_at: expect.stringMatching(/^1970-.*Z$/),
    });
    expect(await (await gateway.call(`${path}/versions`)).json()).toMatchObject({
      items: [{ version: 2 }, { version: 1 }],
    });
    expect(await (await gateway.call('/api/v1/workflows?limit=5')).json()).toMatchObject({
      items: expect.any(Array),
      next_cursor: null,
    });
  });

  it('refuse unknown fields, bad parameters and unknown ids', async () => {
    const answers = await Promise.all([
      gateway.call('/api/v1/workflows/wf1/publish', {
        method: 'POST',
        body: '{"versoin": 1}',
        headers: { 'content-type': 'application/json' },
      }),
      gateway.call('/api/v1/workflows?limit=1000'),
      gateway.call('/api/v1/workflows?page=2'),
      gateway.call('/api/v1/workflows/none'),
    ]);
    expect(await Promise.all(answers.map((answer) => answer.json()))).toMatchObject([
      { status: 400, code: 'invalid_argument', field: 'versoin' },
      { status: 400, code: 'invalid_argument', field: 'limit' },
      { status: 400, code: 'invalid_argument', field: 'page' },
      { status: 404, code: 'not_found', field: 'workflow_id' },
    ]);
  });
});
