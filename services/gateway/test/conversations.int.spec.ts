import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type GatewayUnderTest, startGateway } from './gateway-under-test.js';

let gateway: GatewayUnderTest;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());

beforeEach(() => {
  gateway.conversations.stored.set('c1', {
    id: 'c1',
    workflowId: 'wf1',
    user: '',
    name: 'Who was Ada?',
    turns: 2,
    createdUnixMs: 1_700_000_000_000,
    activeUnixMs: 1_700_000_001_000,
    expiresUnixMs: 0,
    variablesJson: '{"mood":"good"}',
  });
});

const shown = {
  id: 'c1',
  workflow_id: 'wf1',
  user: null,
  name: 'Who was Ada?',
  turns: 2,
  created_at: '2023-11-14T22:13:20.000Z',
  active_at: '2023-11-14T22:13:21.000Z',
  expires_at: null,
};

async function call(path: string, method = 'GET', body?: object): Promise<[number, unknown]> {
  const headers = { 'content-type': 'application/json' };
  const request = body ? { method, headers, body: JSON.stringify(body) } : { method };
  const response = await gateway.call(`/api/v1/conversations${path}`, request);
  const text = await response.text();
  return [response.status, text === '' ? undefined : JSON.parse(text)];
}

describe('conversations', () => {
  it('are listed by workflow and user, a page at a time', async () => {
    const answer = await call('?workflow_id=wf1&user=ada&cursor=here&limit=5');
    expect(answer).toEqual([200, { items: [shown], next_cursor: 'next' }]);
    expect(gateway.conversations.listed.at(-1)).toMatchObject({
      tenantId: expect.any(String),
      workflowId: 'wf1',
      user: 'ada',
      cursor: 'here',
      limit: 5,
    });
    expect(await call('?limit=101')).toMatchObject([400, { code: 'invalid_argument', field: 'limit' }]);
  });

  it('are shown with their variables', async () => {
    expect(await call('/c1')).toEqual([200, { ...shown, variables: { mood: 'good' } }]);
    expect(await call('/c2')).toMatchObject([404, { code: 'not_found' }]);
  });

  it('tell what was said in them, failed turns included', async () => {
    const turn = {
      runId: 'r1',
      turn: 1,
      status: 'completed',
      query: 'Hi',
      answer: '',
      createdUnixMs: 1_700_000_000_000,
    };
    gateway.conversations.said.push({ ...turn, runId: 'r2', turn: 2, status: 'failed' }, turn);
    const [status, page] = await call('/c1/messages');
    expect([status, page]).toEqual([
      200,
      {
        items: [
          expect.objectContaining({ run_id: 'r2', turn: 2, status: 'failed', answer: null }),
          {
            run_id: 'r1',
            turn: 1,
            status: 'completed',
            query: 'Hi',
            answer: '',
            created_at: '2023-11-14T22:13:20.000Z',
          },
        ],
        next_cursor: null,
      },
    ]);
  });

  it('take another name', async () => {
    expect(await call('/c1', 'PATCH', { name: '  Ada ' })).toEqual([200, { ...shown, name: 'Ada' }]);
    expect(await call('/c1', 'PATCH', { name: ' ' })).toMatchObject([400, { code: 'invalid_argument', field: 'name' }]);
  });

  it('are deleted', async () => {
    expect(await call('/c1', 'DELETE')).toEqual([204, undefined]);
    expect(await call('/c1', 'DELETE')).toMatchObject([404, { code: 'not_found' }]);
  });
});
