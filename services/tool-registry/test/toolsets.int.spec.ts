import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { callOf, RegistryUnderTest, type Replica, registrationOf, tenantId } from './registry-under-test.js';
import { documentOf, json, startToolServer, type ToolServer } from './tool-server.js';

let test: RegistryUnderTest;
let server: ToolServer;
let first: Replica;
const name = 'shop';
const named = { tenantId, name };

beforeEach(async () => {
  [test, server] = await Promise.all([RegistryUnderTest.open(), startToolServer()]);
  first = await test.replica();
  server.answers['GET /getStock'] = (_asked, response) => json(response, {});
  server.answers['GET /getPrice'] = (_asked, response) => json(response, {});
});
afterEach(async () => {
  await server.close();
  await test.close();
});

const withCode = (code: string, more: object = {}) => ({ failure: { code, ...more } });
const register = (tools: readonly string[], more: object = {}) =>
  first.admin.registerToolset(registrationOf(name, documentOf(server.url, tools), more));
const servedBy = async (replica: Replica, runId: string) =>
  (await replica.tools.callTool(callOf(name, 'getStock', { routingKey: runId }))).version;

describe('versions of a toolset', () => {
  it('are made where the source offers something else, and only there', async () => {
    const made = await register(['getStock']);
    expect(made).toMatchObject({ changed: true, version: { version: 1, tools: 1, hosts: [server.host] } });
    expect(await register(['getStock'])).toMatchObject({ changed: false, version: { version: 1 } });
    expect(await register(['getStock', 'getPrice'])).toMatchObject({
      changed: true,
      version: { version: 2, tools: 2 },
    });
    const again = { ...registrationOf(name, {}), kind: '', sourceJson: '' };
    expect(await first.admin.registerToolset(again)).toMatchObject({ changed: false, version: { version: 2 } });
    const shown = await first.admin.getToolset({ ...named, version: 1 });
    expect(shown.tools.map((tool) => tool.name)).toEqual(['getStock']);
    expect(shown.versions.map(({ version }) => version)).toEqual([2, 1]);
  });

  it('serve a share of the calls, the same everywhere, until they serve all or are taken back', async () => {
    const second = await test.replica();
    await register(['getStock']);
    await register(['getStock', 'getPrice'], { share: 40 });
    const runs = Array.from({ length: 30 }, (_, index) => `run-${index}`);
    const versions = await Promise.all(runs.map((run) => servedBy(first, run)));
    expect(new Set(versions)).toEqual(new Set([1, 2]));
    expect(await Promise.all(runs.map((run) => servedBy(second, run)))).toEqual(versions);
    const described = await first.tools.describeTools({
      tenantId,
      tools: [{ toolset: name, tool: 'getStock' }],
      routingKey: 'run-3',
    });
    expect(described.tools[0]?.version).toBe(versions[3]);
    await first.admin.rollBackToolset(named);
    expect(new Set(await Promise.all(runs.map((run) => servedBy(second, run))))).toEqual(new Set([1]));
    const { toolset } = await first.admin.shareVersion({ ...named, version: 2, share: 100 });
    expect(toolset).toMatchObject({ servingVersion: 2, previousVersion: 1, candidateVersion: 0 });
    expect(await servedBy(second, 'run-1')).toBe(2);
    expect(await second.tools.callTool(callOf(name, 'getStock', { version: 1 }))).toMatchObject({ version: 1 });
    await first.admin.rollBackToolset(named);
    expect(await servedBy(second, 'run-1')).toBe(1);
    await expect(first.admin.rollBackToolset(named)).rejects.toMatchObject(withCode('invalid_argument'));
  });

  it('are refused where nothing can be done with them', async () => {
    await register(['getStock']);
    const share = (version: number, percent: number) => first.admin.shareVersion({ ...named, version, share: percent });
    await expect(share(7, 10)).rejects.toMatchObject(withCode('invalid_argument', { field: 'version' }));
    await expect(share(0, 10)).rejects.toMatchObject(withCode('invalid_argument', { field: 'version' }));
    await expect(share(1, 10)).rejects.toMatchObject(withCode('invalid_argument', { field: 'version' }));
    await expect(share(1, 101)).rejects.toMatchObject(withCode('invalid_argument', { field: 'share' }));
    const bad = (more: object) => first.admin.registerToolset({ ...registrationOf('other', {}), ...more });
    await expect(bad({ name: 'no/name' })).rejects.toMatchObject(withCode('invalid_argument', { field: 'name' }));
    await expect(bad({ name: 'builtin' })).rejects.toMatchObject(withCode('invalid_argument', { field: 'name' }));
    await expect(bad({ kind: 'magic' })).rejects.toMatchObject(withCode('invalid_argument', { field: 'kind' }));
    await expect(bad({ sourceJson: '[]' })).rejects.toMatchObject(withCode('invalid_argument', { field: 'source' }));
    await expect(bad({ sourceJson: '' })).rejects.toMatchObject(withCode('invalid_argument', { field: 'source' }));
    await expect(bad({ name, kind: 'mcp', sourceJson: '{}' })).rejects.toMatchObject(withCode('already_exists'));
  });

  it('go with their toolset, and calls say so', async () => {
    await register(['getStock']);
    await first.admin.deleteToolset(named);
    await expect(servedBy(first, 'r')).rejects.toMatchObject(
      withCode('tool_not_found', { message: expect.stringContaining('deleted') }),
    );
    await expect(first.admin.deleteToolset(named)).rejects.toMatchObject(withCode('tool_not_found'));
  });

  it('are listed page by page, after those that every tenant has', async () => {
    for (const one of ['a', 'b', 'c'])
      await first.admin.registerToolset(registrationOf(one, documentOf(server.url, ['getStock'])));
    const page = await first.admin.listToolsets({ tenantId, cursor: '', limit: 2 });
    expect(page.toolsets.map((toolset) => toolset.name)).toEqual(['builtin', 'workflow', 'a', 'b']);
    const rest = await first.admin.listToolsets({ tenantId, cursor: page.nextCursor, limit: 2 });
    expect([rest.toolsets.map((toolset) => toolset.name), rest.nextCursor]).toEqual([['c'], '']);
  });
});

describe('policies', () => {
  const tool = { tenantId, toolset: name, tool: 'getStock' };
  const save = (policy: object) => first.admin.saveToolPolicy({ ...tool, policy });

  it('hold for new versions too, until they are forgotten', async () => {
    await register(['getStock']);
    expect(await save({ mutating: true, needsApproval: true })).toMatchObject({
      tool: { mutating: true, needsApproval: true },
    });
    await register(['getStock', 'getPrice']);
    const refused = first.tools.callTool(callOf(name, 'getStock'));
    await expect(refused).rejects.toMatchObject(withCode('tool_approval_required'));
    expect((await first.tools.callTool(callOf(name, 'getStock', { approved: true }))).version).toBe(2);
    await first.admin.deleteToolPolicy(tool);
    await first.tools.callTool(callOf(name, 'getStock'));
    await expect(first.admin.deleteToolPolicy(tool)).rejects.toMatchObject(withCode('not_found'));
  });

  it('limit the calls of a minute over all replicas', async () => {
    const second = await test.replica();
    await register(['getStock']);
    await save({ callsPerMinute: 3 });
    const calls = Array.from({ length: 9 }, (_, index) =>
      (index % 2 ? first : second).tools.callTool(callOf(name, 'getStock')),
    );
    const ends = await Promise.allSettled(calls);
    const refused = ends.filter((end) => end.status === 'rejected').map(({ reason }) => reason as unknown);
    expect(refused.length).toBeGreaterThanOrEqual(3);
    expect(server.asked.length).toBe(9 - refused.length);
    expect(refused[0]).toMatchObject(
      withCode('tool_rate_limited', { retryable: true, retryAfterSeconds: expect.any(Number) }),
    );
  });

  it('limit the calls at once over all replicas', async () => {
    const [second, impatient] = [await test.replica(), await test.replica({ TREADLE_TOOL_QUEUE_TIMEOUT_MS: '0' })];
    await register(['getStock']);
    await save({ concurrency: 1 });
    let atOnce = 0;
    let most = 0;
    let refused: unknown;
    server.answers['GET /getStock'] = async (_asked, response) => {
      most = Math.max(most, ++atOnce);
      refused ??= await impatient.tools.callTool(callOf(name, 'getStock')).catch((error: unknown) => error);
      atOnce -= 1;
      json(response, {});
    };
    await Promise.all([first, second, first].map(({ tools }) => tools.callTool(callOf(name, 'getStock'))));
    expect([most, server.asked.length]).toEqual([1, 3]);
    expect(refused).toMatchObject(withCode('tool_rate_limited'));
  });

  it('leave a tool alone that fails again and again', async () => {
    await register(['getStock']);
    await save({ breakerFailures: 2 });
    server.answers['GET /getStock'] = (_asked, response) => void response.destroy();
    for (let call = 0; call < 2; call++)
      await expect(first.tools.callTool(callOf(name, 'getStock'))).rejects.toMatchObject(
        withCode('http_request_failed'),
      );
    await expect(first.tools.callTool(callOf(name, 'getStock'))).rejects.toMatchObject(withCode('tool_unavailable'));
    expect(server.asked).toHaveLength(2);
  });

  it('end a call that takes too long, and refuse an answer that is too large', async () => {
    const small = await test.replica({ TREADLE_TOOL_MAX_ANSWER_BYTES: '1024' });
    await register(['getStock', 'getPrice']);
    await save({ timeoutMs: 50 });
    server.answers['GET /getStock'] = () => undefined;
    await expect(first.tools.callTool(callOf(name, 'getStock'))).rejects.toMatchObject(withCode('deadline_exceeded'));
    server.answers['GET /getPrice'] = (_asked, response) => json(response, 'x'.repeat(5_000));
    await expect(small.tools.callTool(callOf(name, 'getPrice'))).rejects.toMatchObject(
      withCode('tool_answer_too_large'),
    );
  });

  it.each([
    [{ callsPerMinute: 0 }, 'calls_per_minute'],
    [{ concurrency: 0 }, 'concurrency'],
    [{ timeoutMs: 3_600_001 }, 'timeout_ms'],
    [{ breakerFailures: 5_000 }, 'breaker_failures'],
  ])('%j are refused', async (policy, field) => {
    await register(['getStock']);
    await expect(save(policy)).rejects.toMatchObject(withCode('invalid_argument', { field: `policy.${field}` }));
    const nothing = first.admin.saveToolPolicy({ ...tool, tool: 'x', policy: undefined });
    await expect(nothing).rejects.toMatchObject(withCode('tool_not_found'));
  });
});
