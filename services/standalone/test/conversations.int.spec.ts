import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ModelServer, startModelServer, type TestDatabase, testDatabase } from '@treadle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Standalone, startStandalone } from '../src/standalone.js';

const apiKey = 'tk_for_specs';

let database: TestDatabase;
let models: ModelServer;
let standalone: Standalone;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'treadle-chats-'));
  const answer = ({ messages }: { messages: readonly { content?: unknown }[] }) =>
    `You said: ${String(messages.at(-1)?.content)}`;
  [database, models] = await Promise.all([testDatabase(), startModelServer({ answer })]);
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

async function api<T>(method: string, path: string, body?: object): Promise<T> {
  const response = await fetch(`${standalone.url}/api/v1/${path}`, {
    method,
    headers: { authorization: `Bearer ${apiKey}`, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return (text ? JSON.parse(text) : undefined) as T;
}

/** A chat whose model remembers the last turn only. */
const forgetful = {
  format: 'treadle/v1',
  name: 'forgetful',
  kind: 'chat',
  nodes: [
    { id: 'start', type: 'start' },
    {
      id: 'llm',
      type: 'llm',
      config: {
        model: { provider: 'openai', name: 'small' },
        prompt_template: [{ role: 'system', text: 'Be kind.' }],
        memory: { window: { enabled: true, size: 1 } },
      },
    },
    { id: 'answer', type: 'answer', config: { answer: '{{#llm.text#}}' } },
  ],
  edges: [
    { source: 'start', target: 'llm' },
    { source: 'llm', target: 'answer' },
  ],
};

interface ShownRun {
  readonly status: string;
  readonly conversation_id: string;
  readonly outputs: { readonly answer: string };
}

describe('a conversation', () => {
  it('shows the model what was said before, and is read, renamed and deleted over the API', async () => {
    const { id } = await api<{ id: string }>('POST', 'workflows', forgetful);
    const say = (query: string, conversation_id?: string) =>
      api<ShownRun>('POST', `workflows/${id}/runs`, { query, conversation_id });
    const { conversation_id: conversation } = await say('one');
    await say('two', conversation);
    const third = await say('three', conversation);
    expect(third).toMatchObject({ status: 'completed', outputs: { answer: 'You said: three' } });
    const asked = models.chats.at(-1)?.body.messages.map(({ role, content }) => `${role}: ${String(content)}`);
    expect(asked).toEqual(['system: Be kind.', 'user: two', 'assistant: You said: two', 'user: three']);

    const path = `conversations/${conversation}`;
    expect(await api('GET', `conversations?workflow_id=${id}`)).toMatchObject({
      items: [{ id: conversation, name: 'one', turns: 3 }],
    });
    expect(await api('GET', `${path}/messages?limit=1`)).toMatchObject({
      items: [{ turn: 3, query: 'three', answer: 'You said: three', status: 'completed' }],
      next_cursor: '3',
    });
    expect(await api('PATCH', path, { name: 'Counting' })).toMatchObject({ name: 'Counting' });
    await api('DELETE', path);
    expect(await say('four', conversation)).toMatchObject({ code: 'not_found', field: 'conversation_id' });
  });
});
