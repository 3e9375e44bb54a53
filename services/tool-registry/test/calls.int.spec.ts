import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { callOf, RegistryUnderTest, type Replica, registrationOf, tenantId } from './registry-under-test.js';
import { documentOf, json, startToolServer, type ToolServer } from './tool-server.js';

let test: RegistryUnderTest;
let server: ToolServer;
let first: Replica;

beforeEach(async () => {
  [test, server] = await Promise.all([RegistryUnderTest.open(), startToolServer()]);
  first = await test.replica();
  await first.admin.registerToolset(registrationOf('shop', documentOf(server.url, ['getStock', 'order'])));
});
afterEach(async () => {
  await server.close();
  await test.close();
});

const withCode = (code: string, more: object = {}) => ({ failure: { code, ...more } });
const order = { item: 'tea', count: 2 };
const recorded = async (more: object = {}) => {
  const nothing = { toolset: '', tool: '', runId: '', workflowId: '', status: '', mutatingOnly: false };
  const request = { tenantId, ...nothing, fromUnixMs: 0, beforeUnixMs: 0, cursor: '', limit: 100, ...more };
  return first.admin.listToolCalls(request);
};

/** Answers when it is let go, and says when it was asked. */
function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

describe('a call', () => {
  it('is described with what it takes and made with what it is given', async () => {
    server.answers['POST /order'] = ({ body }, response) => json(response, { ordered: JSON.parse(body) });
    const { tools } = await first.tools.describeTools({
      tenantId,
      tools: [{ toolset: 'shop', tool: '' }],
      routingKey: 'r',
    });
    expect(tools.map(({ name, mutating, version }) => [name?.tool, mutating, version])).toEqual([
      ['getStock', false, 1],
      ['order', true, 1],
    ]);
    const answer = await first.tools.callTool(callOf('shop', 'order', { args: order }));
    expect(answer).toMatchObject({ isError: false, version: 1 });
    expect(JSON.parse(answer.json)).toEqual({ ordered: order });
  });

  it.each([
    ['a number too small', { item: 'tea', count: 0 }, /count/],
    ['a wrong type', { item: 7 }, /item/],
    ['an argument that it does not have', { itm: 'tea' }, /itm/],
  ])('with %s is refused with the field at fault, before anything is sent', async (_, args, field) => {
    const refused = expect(first.tools.callTool(callOf('shop', 'order', { args }))).rejects;
    await refused.toMatchObject(withCode('tool_arguments_invalid', { field: expect.stringMatching(field) }));
    await expect(first.tools.callTool(callOf('shop', 'order', { argumentsJson: '[1]' }))).rejects.toMatchObject(
      withCode('tool_arguments_invalid'),
    );
    expect(server.asked).toEqual([]);
  });

  it('of what is not there says what is', async () => {
    const call = (toolset: string, tool: string, more: object = {}) =>
      first.tools.callTool(callOf(toolset, tool, more));
    await expect(call('nowhere', 'x')).rejects.toMatchObject(withCode('tool_not_found', { field: 'toolset' }));
    await expect(call('shop', 'x')).rejects.toMatchObject(withCode('tool_not_found', { field: 'tool' }));
    await expect(call('shop', 'order', { version: 9 })).rejects.toMatchObject(withCode('tool_not_found'));
    await expect(call('builtin', 'x')).rejects.toMatchObject(withCode('tool_not_found'));
    await expect(call('shop', 'order', { args: order, idempotencyKey: '' })).rejects.toMatchObject(
      withCode('invalid_argument', { field: 'idempotency_key' }),
    );
  });

  it('of another tenant finds nothing, by any way', async () => {
    const other = 'other';
    await expect(first.tools.callTool(callOf('shop', 'getStock', { tenantId: other }))).rejects.toMatchObject(
      withCode('tool_not_found'),
    );
    const described = first.tools.describeTools({
      tenantId: other,
      tools: [{ toolset: 'shop', tool: '' }],
      routingKey: '',
    });
    await expect(described).rejects.toMatchObject(withCode('tool_not_found'));
    const { toolsets } = await first.admin.listToolsets({ tenantId: other, cursor: '', limit: 10 });
    expect(toolsets.filter(({ provided }) => !provided)).toEqual([]);
    const name = { tenantId: other, name: 'shop' };
    const toolset = { tenantId: other, toolset: 'shop' };
    for (const attempt of [
      () => first.admin.getToolset({ ...name, version: 0 }),
      () => first.admin.deleteToolset(name),
      () => first.admin.shareVersion({ ...name, version: 1, share: 10 }),
      () => first.admin.rollBackToolset(name),
      () => first.admin.saveToolPolicy({ ...toolset, tool: 'order', policy: undefined }),
      () => first.admin.deleteToolPolicy({ ...toolset, tool: 'order' }),
      () =>
        first.admin.saveCredential({ ...toolset, type: 'bearer', hosts: ['x.example'], valuesJson: '{"token":"t"}' }),
      () => first.admin.deleteCredential(toolset),
      () => first.admin.testCredential({ ...toolset, url: '' }),
    ])
      await expect(attempt()).rejects.toMatchObject({ failure: { code: expect.stringMatching(/not_found/) } });
    server.answers['POST /order'] = (_asked, response) => json(response, {});
    const idempotencyKey = 'same-key';
    await first.tools.callTool(callOf('shop', 'order', { args: order, idempotencyKey }));
    await first.admin.registerToolset(registrationOf('shop', documentOf(server.url, ['order']), { tenantId: other }));
    await first.tools.callTool(callOf('shop', 'order', { args: order, idempotencyKey, tenantId: other }));
    expect(server.asked).toHaveLength(2);
    expect((await recorded({ tenantId: other })).calls).toHaveLength(1);
  });
});

describe('calls with one key', () => {
  it('are one call, in one registry and in two, while it runs and afterwards', async () => {
    const { open, opened } = gate();
    server.answers['POST /order'] = async (_asked, response) => {
      await opened;
      json(response, { number: 17 });
    };
    const second = await test.replica();
    const call = callOf('shop', 'order', { args: order });
    const running = [first.tools.callTool(call), first.tools.callTool(call), second.tools.callTool(call)];
    await vi.waitFor(() => expect(server.asked).toHaveLength(1));
    open();
    const answers = await Promise.all(running);
    answers.push(await second.tools.callTool(call), await first.tools.callTool(call));
    expect(new Set(answers.map(({ json: text }) => text))).toEqual(new Set(['{"number":17}']));
    expect(server.asked).toHaveLength(1);
  });

  it('goes on when its caller goes away, and is there for who comes back', async () => {
    const { open, opened } = gate();
    server.answers['POST /order'] = async (_asked, response) => {
      await opened;
      json(response, { number: 18 });
    };
    const call = callOf('shop', 'order', { args: order });
    const caller = new AbortController();
    const left = first.tools.callTool(call, { signal: caller.signal });
    await vi.waitFor(() => expect(server.asked).toHaveLength(1));
    caller.abort();
    await expect(left).rejects.toMatchObject(withCode('cancelled'));
    open();
    expect(JSON.parse((await first.tools.callTool(call)).json)).toEqual({ number: 18 });
    expect(server.asked).toHaveLength(1);
  });

  it('refuses a key that belongs to other arguments', async () => {
    server.answers['POST /order'] = (_asked, response) => json(response, {});
    const idempotencyKey = 'k';
    await first.tools.callTool(callOf('shop', 'order', { args: order, idempotencyKey }));
    const other = callOf('shop', 'order', { args: { item: 'milk' }, idempotencyKey });
    await expect(first.tools.callTool(other)).rejects.toMatchObject(withCode('idempotency_key_reused'));
  });

  it('is made again where nothing was sent before', async () => {
    const gone = await startToolServer();
    await gone.close();
    await first.admin.registerToolset(registrationOf('gone', documentOf(gone.url, ['order'])));
    const call = callOf('gone', 'order', { args: order });
    await expect(first.tools.callTool(call)).rejects.toMatchObject(
      withCode('http_request_failed', { retryable: true }),
    );
    await expect(first.tools.callTool(call)).rejects.toMatchObject(
      withCode('http_request_failed', { retryable: true }),
    );
    expect((await recorded({ toolset: 'gone' })).calls).toMatchObject([{ attempts: 2, status: 'failed' }]);
  });

  it('is not made again where it may have happened, unless its policy lets it', async () => {
    server.answers['POST /order'] = (_asked, response) => void response.destroy();
    const call = callOf('shop', 'order', { args: order });
    const unknown = withCode('tool_outcome_unknown', { retryable: false });
    await expect(first.tools.callTool(call)).rejects.toMatchObject(unknown);
    await expect(first.tools.callTool(call)).rejects.toMatchObject(unknown);
    expect(server.asked).toHaveLength(1);
    await first.admin.saveToolPolicy({ tenantId, toolset: 'shop', tool: 'order', policy: { repeatable: true } });
    server.answers['POST /order'] = (_asked, response) => json(response, { number: 19 });
    expect(JSON.parse((await first.tools.callTool(call)).json)).toEqual({ number: 19 });
    expect(server.asked).toHaveLength(2);
  });
});

describe('a registry that dies in the middle of a call', () => {
  async function killedMidway(tool: string, args: object) {
    const doomed = await test.replica();
    const { open, opened } = gate();
    const path = tool === 'order' ? 'POST /order' : `GET /${tool}`;
    server.answers[path] = async (_asked, response) => {
      await opened;
      response.destroy();
    };
    const call = callOf('shop', tool, { args });
    const lost = doomed.tools.callTool(call).catch((error: unknown) => error);
    await vi.waitFor(() => expect(server.asked).toHaveLength(1));
    const dead = doomed.die();
    open();
    await dead;
    await lost;
    server.answers[path] = (_asked, response) => json(response, { after: 'death' });
    return call;
  }

  it('leaves a mutating call as one whose outcome is unknown', async () => {
    const call = await killedMidway('order', order);
    await expect(first.tools.callTool(call)).rejects.toMatchObject(
      withCode('tool_outcome_unknown', { retryable: false }),
    );
    expect(server.asked).toHaveLength(1);
    expect((await recorded()).calls).toMatchObject([{ status: 'unknown', failureCode: 'tool_outcome_unknown' }]);
  });

  it('has a reading call made again by whoever is asked', async () => {
    const call = await killedMidway('getStock', {});
    expect(JSON.parse((await first.tools.callTool(call)).json)).toEqual({ after: 'death' });
    expect(server.asked).toHaveLength(2);
    expect((await recorded()).calls).toMatchObject([{ status: 'completed', attempts: 2 }]);
  });
});

describe('the record of calls', () => {
  it('says who called what with which outcome, and shows no secret', async () => {
    server.answers['POST /order'] = (_asked, response) => json(response, { number: 20 });
    const args = { item: 'tea', password: 'hunter2', card: '4111-1111' };
    const by = { runId: 'run-1', nodeKey: 'buy', workflowId: 'flow-1', approved: true };
    await first.tools.callTool(callOf('shop', 'order', { args, ...by }));
    server.answers['GET /getStock'] = (_asked, response) => json(response, { tea: 3 });
    await first.tools.callTool(callOf('shop', 'getStock'));
    const { calls } = await recorded({ mutatingOnly: true });
    expect(calls).toMatchObject([
      { ...by, toolset: 'shop', tool: 'order', version: 1, status: 'completed', attempts: 1 },
    ]);
    expect(JSON.parse(calls[0]?.argumentsJson ?? '')).toEqual({ item: 'tea', password: '***', card: '***' });
    const { rows } = await first.pool.query('select arguments, summary from tool_call');
    expect(JSON.stringify([rows, test.logged])).not.toMatch(/hunter2|4111/);
    expect(calls[0]?.finishedUnixMs).toBeGreaterThanOrEqual(calls[0]?.startedUnixMs ?? 0);
  });

  it('is read page by page, and by its filters', async () => {
    server.answers['GET /getStock'] = (_asked, response) => json(response, {});
    for (const runId of ['a', 'b', 'a', 'b', 'a']) await first.tools.callTool(callOf('shop', 'getStock', { runId }));
    const seen: string[] = [];
    let cursor = '';
    do {
      const page = await recorded({ runId: 'a', limit: 2, cursor });
      seen.push(...page.calls.map(({ id }) => id));
      cursor = page.nextCursor;
    } while (cursor !== '');
    expect(new Set(seen).size).toBe(3);
    expect((await recorded({ status: 'failed' })).calls).toEqual([]);
    expect((await recorded({ beforeUnixMs: 1 })).calls).toEqual([]);
    await expect(recorded({ status: 'lost' })).rejects.toMatchObject(withCode('invalid_argument', { field: 'status' }));
    await expect(recorded({ cursor: 'x' })).rejects.toMatchObject(withCode('invalid_argument', { field: 'cursor' }));
  });
});
