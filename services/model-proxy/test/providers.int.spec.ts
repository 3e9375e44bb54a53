import { type Failure, FailureError } from '@treadle/failure';
import {
  anthropicProtocol,
  geminiProtocol,
  ollamaProtocol,
  openAiChatProtocol,
  openAiResponsesProtocol,
  startWireServer,
  type WireAnswer,
  type WireFault,
  type WireProtocol,
} from '@treadle/testing';
import { afterEach, describe, expect, it } from 'vitest';
import type { ModelCall, ModelPart, Provider } from '../src/domain/provider.js';
import { makeProvider } from '../src/providers/catalog.js';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Vendor {
  readonly kind: string;
  readonly protocol: WireProtocol;
  readonly options?: Record<string, string>;
  /** Names of what it says it has. */
  readonly models?: readonly string[];
  /** Whether it says how much of its usage came from its cache, and was reasoning. */
  readonly details: 'both' | 'cached' | 'none';
  /** Pieces of the stream before the first word of an answer without reasoning. */
  readonly preamble: number;
}

const vendors: readonly Vendor[] = [
  { kind: 'anthropic', protocol: anthropicProtocol, models: ['claude-sonnet-4-6'], details: 'cached', preamble: 3 },
  { kind: 'azure-openai', protocol: openAiChatProtocol('/openai/deployments/m'), details: 'both', preamble: 1 },
  { kind: 'deepseek', protocol: openAiChatProtocol('/v1'), models: ['small'], details: 'both', preamble: 1 },
  { kind: 'google-gemini', protocol: geminiProtocol, models: ['gemini-2.5-flash'], details: 'both', preamble: 0 },
  { kind: 'ollama', protocol: ollamaProtocol, models: ['qwen3:latest'], details: 'none', preamble: 0 },
  { kind: 'openai', protocol: openAiChatProtocol('/v1'), models: ['small'], details: 'both', preamble: 1 },
  { kind: 'openai', protocol: openAiResponsesProtocol, options: { api: 'responses' }, details: 'both', preamble: 1 },
];

const call: ModelCall = {
  model: 'm',
  messages: [{ role: 'user', text: 'Hello' }],
  parameters: {},
  idempotencyKey: '',
  deadlineUnixMs: 0,
};

async function setup({ kind, protocol, options = {} }: Vendor, answer: WireAnswer) {
  const server = await startWireServer(protocol, () => answer);
  cleanups.push(() => server.close());
  const timeouts = { connectTimeoutMs: 1_000, silenceTimeoutMs: 60_000 };
  const stored = { name: 'p', kind, baseUrl: server.url, apiKey: undefined, options, mergesRepeats: false };
  const provider = makeProvider(stored, timeouts, undefined);
  cleanups.push(() => provider.close('now'));
  return { server, provider };
}

async function ask(provider: Provider, fields: Partial<ModelCall> = {}) {
  const parts: ModelPart[] = [];
  let failure: Failure | undefined;
  try {
    for await (const part of provider.chat({ ...call, ...fields })) parts.push(part);
  } catch (error) {
    if (!(error instanceof FailureError)) throw error;
    failure = error.failure;
  }
  const joined = (type: 'text' | 'reasoning') => parts.map((part) => (part.type === type ? part.text : '')).join('');
  const calls = parts.filter((part) => part.type === 'toolCall');
  const toolCall = { id: calls[0]?.id, name: calls[0]?.name, json: calls.map((part) => part.argumentsJson).join('') };
  return { text: joined('text'), reasoning: joined('reasoning'), toolCall, finished: parts.at(-1), failure };
}

describe.each(vendors)('$kind $options.api', (vendor) => {
  it('streams text, its reasoning apart, and what it used', async () => {
    const usage = { input: 20, output: 9, cached: 8, reasoning: 4 };
    const { provider } = await setup(vendor, { text: 'It is four.', reasoning: 'Two and two.', usage });
    const { text, reasoning, finished } = await ask(provider);
    expect([text, reasoning]).toEqual(['It is four.', 'Two and two.']);
    expect(finished).toMatchObject({
      finishReason: 'stop',
      inputTokens: 20,
      outputTokens: 9,
      usageKnown: true,
      warnings: [],
      ...(vendor.details !== 'none' && { cachedInputTokens: 8 }),
      ...(vendor.details === 'both' && { reasoningTokens: 4 }),
    });
  });

  it('calls a tool, its arguments whole', async () => {
    const toolCall = { id: 'call_1', name: 'weather', arguments: { city: 'Zürich', days: 3 } };
    const { provider } = await setup(vendor, { text: 'Let me see.', toolCall, usage: { input: 1, output: 1 } });
    const answer = await ask(provider);
    expect(answer.toolCall.name).toBe('weather');
    expect(answer.toolCall.id).toBeTruthy();
    expect(JSON.parse(answer.toolCall.json)).toEqual(toolCall.arguments);
    expect(answer.finished).toMatchObject({ finishReason: 'tool_calls' });
  });

  it('says when the answer became too long', async () => {
    const { provider } = await setup(vendor, { text: 'It is', tooLong: true });
    expect((await ask(provider)).finished).toMatchObject({ finishReason: 'length' });
  });

  it.each<[WireFault & { kind: 'status' }, Partial<Failure>]>([
    [
      { kind: 'status', status: 400, message: 'Bad schema.' },
      { code: 'provider_rejected', retryable: false },
    ],
    [
      { kind: 'status', status: 401, message: 'Bad key.' },
      { code: 'provider_unauthenticated', retryable: false },
    ],
    [
      { kind: 'status', status: 404, message: 'No such model.' },
      { code: 'model_not_found', retryable: false },
    ],
    [
      { kind: 'status', status: 429, message: 'Slower.' },
      { code: 'provider_rate_limited', retryable: true },
    ],
    [
      { kind: 'status', status: 429, message: 'Slower.', retryAfter: '7' },
      { code: 'provider_rate_limited', retryAfterSeconds: 7 },
    ],
    [
      { kind: 'status', status: 500, message: 'Oh.' },
      { code: 'provider_error', retryable: true },
    ],
    [
      { kind: 'status', status: 503, message: 'Busy.' },
      { code: 'provider_unavailable', retryable: true },
    ],
  ])('fails with $status as $code, in its own words', async (fault, expected) => {
    const { provider } = await setup(vendor, { fault });
    const { failure } = await ask(provider);
    expect(failure).toMatchObject(expected);
    expect(failure?.message).toContain(fault.message);
  });

  it.each(['cut', 'end-early'] as const)('fails when its stream is %s, with the text so far', async (kind) => {
    const fault = { kind, afterFrames: vendor.preamble + 2 } as const;
    const { provider } = await setup(vendor, { text: 'one two three four', fault });
    const { failure, text } = await ask(provider);
    expect(text).toBe('one two ');
    expect(failure).toMatchObject({
      code: 'provider_stream_cut',
      retryable: true,
      details: { receivedText: 'one two ', receivedCharacters: 8 },
    });
  });

  it('fails at an event that is not JSON', async () => {
    const fault = { kind: 'malformed', afterFrames: vendor.preamble + 2 } as const;
    const { provider } = await setup(vendor, { text: 'one two three four', fault });
    expect((await ask(provider)).failure).toMatchObject({
      code: 'provider_error',
      details: { receivedText: 'one two ' },
    });
  });

  it('fails at an error in the middle of its stream', async () => {
    const fault = { kind: 'error-event', afterFrames: vendor.preamble + 1, message: 'We broke.' } as const;
    const { provider } = await setup(vendor, { text: 'one two three', fault });
    const { failure } = await ask(provider);
    expect(failure?.code).toMatch(/^provider_(error|unavailable)$/);
    expect(failure?.message).toContain('We broke.');
  });

  it('is given up when its first token does not come before the deadline', async () => {
    const { provider } = await setup(vendor, { text: 'one', fault: { kind: 'hang', afterFrames: 0 } });
    const { failure } = await ask(provider, { deadlineUnixMs: Date.now() + 50 });
    expect(failure?.code).toBe('deadline_exceeded');
  });

  it('lists its models, where it can', async () => {
    const { provider } = await setup(vendor, {});
    if (vendor.models) expect(await provider.listModels()).toEqual(vendor.models);
    else if (vendor.kind === 'azure-openai') await expect(provider.listModels()).rejects.toThrow('does not list');
  });
});

describe('vectors and rankings', () => {
  it.each([
    ['openai', openAiChatProtocol('/v1'), 'm', 6],
    ['google-gemini', geminiProtocol, 'gemini-embedding-001', 0],
    ['ollama', ollamaProtocol, 'nomic', 6],
  ])('of %s come in the order of the texts', async (kind, protocol, model, inputTokens) => {
    const { provider } = await setup({ kind, protocol, details: 'none', preamble: 0 }, {});
    const texts = ['a', 'b', 'c'];
    const answer = await provider.embed?.({ model, texts, dimensions: 0, purpose: 'document', deadlineUnixMs: 0 });
    expect(answer?.vectors).toEqual([
      [0, 0.5],
      [1, 0.5],
      [2, 0.5],
    ]);
    expect(answer?.inputTokens).toBe(inputTokens);
  });

  it('are asked for in batches that the server takes', async () => {
    const vendor = { kind: 'qwen', protocol: openAiChatProtocol('/v1'), details: 'none', preamble: 0 } as const;
    const { provider, server } = await setup(vendor, {});
    const texts = Array.from({ length: 23 }, (_, index) => `text ${index}`);
    const answer = await provider.embed?.({ model: 'm', texts, dimensions: 0, purpose: '', deadlineUnixMs: 0 });
    expect(answer?.vectors).toHaveLength(23);
    const sizes = server.requests.map(({ body }) => (body as { input: string[] }).input.length);
    expect(sizes.sort((a, b) => b - a)).toEqual([10, 10, 3]);
  });

  it('of documents come best first', async () => {
    const vendor = { kind: 'jina', protocol: openAiChatProtocol('/v1'), details: 'none', preamble: 0 } as const;
    const { provider, server } = await setup(vendor, {});
    const call = { model: 'm', query: 'q', documents: ['a', 'b', 'c'], top: 2, deadlineUnixMs: 0 };
    const answer = await provider.rerank?.(call);
    expect(answer?.ranking).toEqual([
      { index: 2, score: 0.9 },
      { index: 1, score: 0.5 },
    ]);
    expect(server.requests[0]?.body).toEqual({
      model: 'm',
      query: 'q',
      documents: ['a', 'b', 'c'],
      top_n: 2,
      return_documents: false,
    });
  });
});
