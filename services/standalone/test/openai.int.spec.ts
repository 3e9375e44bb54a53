import { mkdtempSync, rmSync } from 'node:fs';
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
import OpenAI from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Standalone, startStandalone } from '../src/standalone.js';

const apiKey = 'tk_for_specs';

let database: TestDatabase;
let server: WireServer;
let standalone: Standalone;
let client: OpenAI;
let folder: string;
/** What the model answers next. */
let answer: WireAnswer;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'treadle-openai-'));
  [database, server] = await Promise.all([testDatabase(), startWireServer(openAiChatProtocol('/v1'), () => answer)]);
  standalone = await startStandalone({
    DATABASE_URL: database.connectionString,
    TREADLE_DATA_DIR: folder,
    TREADLE_HTTP_PORT: '0',
    TREADLE_API_KEY: apiKey,
    OPENAI_BASE_URL: server.url,
  });
  client = new OpenAI({ baseURL: `${standalone.url}/openai/v1`, apiKey, maxRetries: 0 });
});

afterAll(async () => {
  await standalone?.stop();
  await Promise.all([server?.close(), database?.drop()]);
  rmSync(folder, { recursive: true, force: true });
});

beforeEach(() => {
  answer = { text: 'Hello you.', usage: { input: 7, output: 3, cached: 2, reasoning: 1 } };
});

const model = 'openai/small';
const messages = [{ role: 'user' as const, content: 'Say hello.' }];

async function api<T>(path: string, method = 'GET', body?: object): Promise<{ status: number; body: T }> {
  const response = await fetch(`${standalone.url}/api/v1/${path}`, {
    method,
    headers: { authorization: `Bearer ${apiKey}`, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: (text ? JSON.parse(text) : undefined) as T };
}

interface Usage {
  readonly items: readonly { readonly calls: number; readonly cost_usd: number }[];
}

async function billed(): Promise<number> {
  const { body } = await api<Usage>('usage');
  return body.items[0]?.calls ?? 0;
}

describe('the official OpenAI client', () => {
  it('gets plain answers with usage', async () => {
    const completion = await client.chat.completions.create({ model, messages });
    expect(completion).toMatchObject({
      object: 'chat.completion',
      model: 'small',
      choices: [{ message: { role: 'assistant', content: 'Hello you.' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10, prompt_tokens_details: { cached_tokens: 2 } },
    });
  });

  it('streams, with usage when it asks for it', async () => {
    const stream = await client.chat.completions.create({
      model,
      messages,
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = '';
    let usage: object | null | undefined;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? '';
      usage = chunk.usage ?? usage;
    }
    expect(text).toBe('Hello you.');
    expect(usage).toMatchObject({ prompt_tokens: 7, completion_tokens: 3 });
  });

  it('is told who served a stream at its end', async () => {
    let last: unknown;
    for await (const chunk of await client.chat.completions.create({ model, messages, stream: true })) last = chunk;
    expect(last).toMatchObject({ treadle: { provider: 'openai', model: 'small', cached: false } });
  });

  it('runs tools, plain and streamed', async () => {
    answer = {
      toolCall: { id: 'call_1', name: 'weather', arguments: { city: 'Oslo' } },
      usage: { input: 5, output: 5 },
    };
    const parameters = { type: 'object', properties: { city: { type: 'string' } } };
    const tools = [{ type: 'function' as const, function: { name: 'weather', parameters } }];
    const plain = await client.chat.completions.create({ model, messages, tools, tool_choice: 'auto' });
    const [call] = plain.choices[0]!.message.tool_calls!;
    expect(plain.choices[0]?.finish_reason).toBe('tool_calls');
    expect(call).toEqual({
      id: 'call_1',
      type: 'function',
      function: { name: 'weather', arguments: '{"city":"Oslo"}' },
    });
    const streamed = await client.chat.completions.stream({ model, messages, tools }).finalChatCompletion();
    expect(streamed.choices[0]?.message.tool_calls?.[0]).toMatchObject(call!);
    answer = { text: 'Sunny.', usage: { input: 9, output: 1 } };
    const reply = { role: 'tool' as const, tool_call_id: 'call_1', content: '{"sky":"clear"}' };
    const final = await client.chat.completions.create({
      model,
      messages: [...messages, plain.choices[0]!.message, reply],
      tools,
    });
    expect(final.choices[0]?.message.content).toBe('Sunny.');
    expect(server.requests.at(-1)?.body).toMatchObject({
      tools,
      messages: [{ role: 'user' }, { role: 'assistant', tool_calls: [call] }, reply],
    });
  });

  it('gets structured answers', async () => {
    answer = { text: '{"sum":4}', usage: { input: 9, output: 4 } };
    const schema = {
      type: 'object',
      properties: { sum: { type: 'number' } },
      required: ['sum'],
      additionalProperties: false,
    };
    const response_format = { type: 'json_schema' as const, json_schema: { name: 'sum', schema, strict: true } };
    const parsed = await client.chat.completions.parse({ model, messages, response_format });
    expect(parsed.choices[0]?.message.parsed).toEqual({ sum: 4 });
    expect(server.requests.at(-1)?.body).toMatchObject({ response_format });
  });

  it('gets embeddings and the list of models', async () => {
    const { data, usage } = await client.embeddings.create({ model: 'openai/small', input: ['a', 'b'] });
    expect(data.map(({ embedding }) => [...embedding])).toEqual([
      [0, 0.5],
      [1, 0.5],
    ]);
    expect(usage.prompt_tokens).toBe(4);
    await api('models/routes/fast', 'PUT', { targets: [{ provider: 'openai', model: 'small' }] });
    const listed = await client.models.list();
    expect(listed.data.map(({ id }) => id)).toEqual(expect.arrayContaining(['fast', 'openai/small', 'demo/demo']));
    expect(await client.models.retrieve('openai/small')).toMatchObject({ id: 'openai/small', owned_by: 'openai' });
    const { choices } = await client.chat.completions.create({ model: 'fast', messages });
    expect(choices[0]?.message.content).toBe('Hello you.');
  });

  it('throws when an answer breaks off in the middle', async () => {
    answer = { text: 'Hello you there.', fault: { kind: 'cut', afterFrames: 2 } };
    const stream = await client.chat.completions.create({ model, messages, stream: true });
    const reading = async () => {
      for await (const _ of stream);
    };
    await expect(reading()).rejects.toMatchObject({ code: 'provider_stream_cut' });
  });
});

describe('a bad request', () => {
  // The ledger is written behind the calls.
  beforeAll(() => vi.waitFor(async () => expect(await billed()).toBe(10), 5000));

  const png = 'iVBORw0KGgo=';
  const image = (url: string) => [
    { role: 'user' as const, content: [{ type: 'image_url' as const, image_url: { url } }] },
  ];
  const format = (schema: object) => ({
    response_format: { type: 'json_schema' as const, json_schema: { name: 'x', schema: schema as never } },
  });

  it.each([
    ['an unknown route', { model: 'nowhere', messages }, 404, 'model_not_found'],
    ['an unknown model', { model: 'openai/nowhere', messages }, 404, 'model_not_found'],
    ['no messages', { model, messages: [] }, 400, 'invalid_argument'],
    [
      'a prompt of 20 MB',
      { model, messages: [{ role: 'user', content: 'x'.repeat(20 * 1024 * 1024) }] },
      413,
      'payload_too_large',
    ],
    ['a schema that is none', { model, messages, ...format({ type: 'objekt' }) }, 400, 'invalid_argument'],
    ['an image that is none', { model, messages: image('data:image/png;base64,AAAA') }, 400, 'invalid_argument'],
    ['an image of another kind', { model, messages: image(`data:image/jpeg;base64,${png}`) }, 400, 'invalid_argument'],
    ['an image on a disk', { model, messages: image('file:///etc/passwd') }, 400, 'invalid_argument'],
    [
      'a reply to no call',
      { model, messages: [{ role: 'tool', tool_call_id: 'x', content: 'y' }] },
      400,
      'invalid_argument',
    ],
    ['several answers', { model, messages, n: 2 }, 400, 'invalid_argument'],
  ] as const)('with %s is refused in the shape of OpenAI, and costs nothing', async (_, body, status, code) => {
    const asked = () => server.requests.filter(({ path }) => path.endsWith('completions')).length;
    const before = [await billed(), asked()];
    const asking = client.chat.completions.create(body as unknown as OpenAI.ChatCompletionCreateParamsNonStreaming);
    await expect(asking).rejects.toMatchObject({ status, code, type: 'invalid_request_error' });
    expect([await billed(), asked()]).toEqual(before);
  });

  it('without a key is refused in the shape of OpenAI', async () => {
    const stranger = new OpenAI({ baseURL: `${standalone.url}/openai/v1`, apiKey: 'tk_wrong', maxRetries: 0 });
    await expect(stranger.models.list()).rejects.toMatchObject({ status: 401, type: 'authentication_error' });
  });
});

describe('providers, prices and budgets', () => {
  it('are managed over the native API, and hold for the OpenAI surface', async () => {
    const saved = await api<{ key_hint: string }>('models/providers/own', 'PUT', {
      kind: 'openai-compatible',
      base_url: server.url,
      api_key: 'sk-secret-secret-abcd',
      test_model: 'small',
    });
    expect(saved).toMatchObject({
      status: 200,
      body: { name: 'own', key_hint: '…abcd', test: { text: 'Hello you.' } },
    });
    expect(JSON.stringify([saved, await api('models/providers')])).not.toContain('sk-secret');
    const price = { provider: 'own', model: 'small', input_per_million: 1_000, output_per_million: 10_000 };
    expect(await api('models/prices', 'PUT', price)).toMatchObject({ status: 200, body: { version: 1 } });
    const cap = { scope: 'tenant', period: 'day', limit_usd: 60 };
    expect((await api('models/budgets/cap', 'PUT', cap)).status).toBe(200);
    const completion = await client.chat.completions.create({ model: 'own/small', messages, max_tokens: 1000 });
    expect(completion.choices[0]?.message.content).toBe('Hello you.');
    const asking = client.chat.completions.create({ model: 'own/small', messages, max_tokens: 100_000 });
    await expect(asking).rejects.toMatchObject({ status: 402, code: 'budget_exceeded', type: 'insufficient_quota' });
    const unpriced = client.chat.completions.create({ model, messages });
    await expect(unpriced).rejects.toMatchObject({ status: 400, code: 'price_unknown' });
    const usage = await api<Usage>('usage?group_by=provider,model&provider=own');
    expect(usage.body.items).toMatchObject([{ group: { provider: 'own', model: 'small' }, calls: 1 }]);
    expect(usage.body.items[0]?.cost_usd).toBeCloseTo(0.037, 9);
    const budgets = await api<{ items: unknown[] }>('models/budgets');
    expect(budgets.body.items).toMatchObject([{ name: 'cap', state: { level: 100, reserved_usd: 0 } }]);
    expect((await api('models/budgets/cap', 'DELETE')).status).toBe(204);
    expect((await api('models/prices?provider=own&model=small', 'DELETE')).status).toBe(204);
    expect((await api('models/providers/own', 'DELETE')).status).toBe(204);
    expect((await api('models/providers/own', 'DELETE')).status).toBe(404);
  });

  it('of the environment can be tried too', async () => {
    const tried = await api('models/providers/openai/test', 'POST', { model: 'small' });
    expect(tried).toMatchObject({ status: 200, body: { text: 'Hello you.', latency_ms: expect.any(Number) } });
    expect((await api('models/providers/nobody/test', 'POST', {})).status).toBe(404);
  });

  it('are refused with the field at fault', async () => {
    const wrong = await api<{ field: string }>('models/providers/own', 'PUT', {
      kind: 'openai-compatible',
      base_url: 'http://127.0.0.1:1',
    });
    expect(wrong).toMatchObject({ status: 400, body: { code: 'invalid_argument', field: 'base_url' } });
    expect(await api('usage?group_by=nonsense')).toMatchObject({ status: 400 });
  });
});
