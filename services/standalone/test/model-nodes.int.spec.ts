import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  openAiChatProtocol,
  startWireServer,
  type TestDatabase,
  testDatabase,
  type WireAnswer,
  type WireServer,
} from '@treadle/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Standalone, startStandalone } from '../src/standalone.js';

const apiKey = 'tk_for_specs';

let database: TestDatabase;
let server: WireServer;
let standalone: Standalone;
let folder: string;
/** What the model answers next, in order. */
let answers: WireAnswer[];
/** Where the requests of the test begin among those of the server. */
let begun: number;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'treadle-model-nodes-'));
  const answer = () => answers.shift() ?? { text: 'Nothing more to say.' };
  [database, server] = await Promise.all([testDatabase(), startWireServer(openAiChatProtocol('/v1'), answer)]);
  standalone = await startStandalone({
    DATABASE_URL: database.connectionString,
    TREADLE_DATA_DIR: folder,
    TREADLE_HTTP_PORT: '0',
    TREADLE_API_KEY: apiKey,
    OPENAI_BASE_URL: server.url,
  });
});
afterAll(async () => {
  await standalone?.stop();
  await Promise.all([server?.close(), database?.drop()]);
  rmSync(folder, { recursive: true, force: true });
});

beforeEach(() => {
  begun = server.requests.length;
});

async function post<T>(path: string, body: string | FormData): Promise<T> {
  const type = typeof body === 'string' ? { 'content-type': 'application/yaml' } : {};
  const headers = { authorization: `Bearer ${apiKey}`, ...type };
  const response = await fetch(`${standalone.url}/api/v1/${path}`, { method: 'POST', headers, body });
  return (await response.json()) as T;
}

/** Imports a Dify file and runs it to its end. */
async function run(fixture: string, start: object): Promise<{ status: string; outputs: object }> {
  const file = new URL(`../../../libs/dify/src/__fixtures__/${fixture}.yml`, import.meta.url);
  const { id } = await post<{ id: string }>('workflows', readFileSync(file, 'utf8'));
  const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' };
  const request = { method: 'POST', headers, body: JSON.stringify(start) };
  const response = await fetch(`${standalone.url}/api/v1/workflows/${id}/runs`, request);
  return (await response.json()) as { status: string; outputs: object };
}

/** What the model was asked in this test. */
function asked(): object[] {
  const requests = server.requests.slice(begun).filter(({ method }) => method === 'POST');
  return requests.map(({ body }) => body as object);
}

describe('an imported app with model nodes', () => {
  it('goes the way its classifiers choose', async () => {
    answers = [{ text: '```json\n{"class_id": "1715846565625"}\n```' }, { text: 'Everything else' }];
    expect(await run('question-classifier', { inputs: { letter: 'Where are you?' } })).toMatchObject({
      status: 'completed',
      outputs: { done: 'Kept' },
    });
    const schema = { properties: { class_id: { enum: ['praise', '2'] } } };
    expect(asked()[1]).toMatchObject({
      response_format: { type: 'json_schema', json_schema: { strict: true, schema } },
    });
  });

  it('reads parameters by a call of a function, then by a prompt', async () => {
    const call = { id: 'c1', name: 'extract_parameters', arguments: { town: 'Ulm', breakfast: 'true', view: 'sea' } };
    answers = [{ toolCall: call }, { text: "{'guests': [{'name': 'Ada'}]" }];
    expect(await run('parameter-extractor', { query: 'A room in Ulm for Ada.' })).toMatchObject({
      status: 'completed',
      outputs: { answer: 'Ulm, sea, breakfast: true, for [{"name":"Ada"}]' },
    });
    expect(asked()[0]).toMatchObject({
      tools: [{ function: { name: 'extract_parameters', parameters: { required: ['town'] } } }],
      tool_choice: { function: { name: 'extract_parameters' } },
    });
  });

  it('shows a picture and takes the answer apart by its schema', async () => {
    const form = new FormData();
    const png = Buffer.from(
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
      'base64',
    );
    form.append('file', new Blob([png]), 'receipt.png');
    const { items } = await post<{ items: [{ id: string }] }>('files', form);
    answers = [{ reasoning: 'Yarn only.', text: '{"total": 4.5, "items": []}' }];
    const start = { inputs: { rules: 'In euros.' }, files: [{ file_id: items[0].id }] };
    expect(await run('structured-output', start)).toMatchObject({
      status: 'completed',
      outputs: { total: 4.5, why: 'Yarn only.' },
    });
    const [, user] = (asked()[0] as { messages: { content: unknown }[] }).messages;
    expect(user?.content).toMatchObject([{ type: 'text' }, { type: 'image_url', image_url: { detail: 'high' } }]);
  });
});
