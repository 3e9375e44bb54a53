import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DiscoveredTool, Discovery } from '../src/domain/toolset-kind.js';
import { makeMcp } from '../src/kinds/mcp/index.js';
import { Servers } from './mcp-servers.js';
import { openHttp, worldOf } from './worlds.js';

const servers = new Servers();
const http = openHttp();
const mcp = makeMcp();
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mcp-memory-'));
});

afterAll(async () => {
  await mcp.close?.();
  await http.close();
  await servers.end();
  await rm(folder, { recursive: true, force: true });
});

function caller(found: Discovery) {
  const named = (name: string) => found.tools.find((tool) => tool.name === name) as DiscoveredTool;
  return {
    named,
    call: (name: string, args = {}, wishes = {}) => mcp.call(named(name), found.settings, args, worldOf(http, wishes)),
  };
}

describe('the reference server, over streamable HTTP', () => {
  let found: Discovery;

  beforeAll(async () => {
    found = await mcp.discover({ url: await servers.everything() }, worldOf(http));
  });

  it('is listed, with the hints it gives', () => {
    expect(found.tools.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'echo',
        'get-sum',
        'get-tiny-image',
        'get-structured-content',
        'trigger-long-running-operation',
      ]),
    );
    expect(found.warnings).toEqual([]);
    expect(caller(found).named('get-sum').parameters).toMatchObject({
      type: 'object',
      properties: { a: { type: 'number' }, b: { type: 'number' } },
      required: ['a', 'b'],
    });
  });

  it('is called, with texts, pictures, structured answers, resources and links', async () => {
    const { call } = caller(found);
    expect(await call('echo', { message: 'hello' })).toMatchObject({ text: 'Echo: hello', isError: false, files: [] });
    expect((await call('get-sum', { a: 2, b: 3 })).text).toContain('5');
    const image = await call('get-tiny-image');
    expect(image.files).toEqual([expect.objectContaining({ name: 'image-1.png', mediaType: 'image/png' })]);
    expect(Buffer.from(image.files[0]!.data).subarray(1, 4).toString()).toBe('PNG');
    const weather = await call('get-structured-content', { location: 'New York' });
    expect(weather.json).toMatchObject({ temperature: expect.any(Number), conditions: expect.any(String) });
    expect((await call('get-resource-links', { count: 2 })).text).toMatch(/\[.+\]\(demo:\/\/.+\)/);
    const resource = await call('get-resource-reference', { resourceType: 'Text', resourceId: 1 });
    expect(resource.text).toContain('demo://');
  });

  it('says what is wrong with arguments, for the model to read', async () => {
    expect(await caller(found).call('get-sum', { a: 'two' })).toMatchObject({ isError: true });
  });

  it('answers after a long time of progress', async () => {
    const answer = await caller(found).call('trigger-long-running-operation', { duration: 0.5, steps: 5 });
    expect(answer).toMatchObject({ isError: false, text: expect.stringContaining('completed') });
  });

  it('is left alone when the deadline comes, and serves the next call', async () => {
    const { call } = caller(found);
    const slow = call(
      'trigger-long-running-operation',
      { duration: 600, steps: 600 },
      { signal: AbortSignal.timeout(300) },
    );
    await expect(slow).rejects.toMatchObject({ failure: { code: 'deadline_exceeded' } });
    expect((await call('echo', { message: 'still here' })).text).toBe('Echo: still here');
  });

  it('serves many calls at once', async () => {
    const { call } = caller(found);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => call('echo', { message: String(index) })),
    );
    expect(answers.map(({ text }) => text)).toEqual(answers.map((_, index) => `Echo: ${index}`));
  });

  it('has only the tools that were asked for', async () => {
    const url = found.settings.url as string;
    expect((await mcp.discover({ url, tools: ['echo'] }, worldOf(http))).tools.map(({ name }) => name)).toEqual([
      'echo',
    ]);
    await expect(mcp.discover({ url, tools: ['ekho'] }, worldOf(http))).rejects.toMatchObject({
      failure: { code: 'invalid_argument', field: 'tools', message: expect.stringContaining('It has: echo') },
    });
  });
});

describe('the memory server, bridged from its standard streams', () => {
  it('is listed and called, and keeps what it was told', async () => {
    const env = { MEMORY_FILE_PATH: join(folder, 'memory.json') };
    const found = await mcp.discover({ url: await servers.bridged('memory', env) }, worldOf(http));
    expect(found.tools.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['create_entities', 'read_graph', 'search_nodes']),
    );
    const { call } = caller(found);
    const entities = [{ name: 'Treadle', entityType: 'project', observations: ['runs workflows'] }];
    expect((await call('create_entities', { entities })).isError).toBe(false);
    const graph = await call('read_graph');
    expect(graph.text).toContain('runs workflows');
    expect(graph.json).toMatchObject({ entities: [{ name: 'Treadle' }] });
    expect((await call('search_nodes', { query: 'nothing like it' })).json).toMatchObject({ entities: [] });
  });
});
