import { readFileSync } from 'node:fs';
import { FailureError } from '@treadle/failure';
import { describe, expect, it } from 'vitest';
import type { ModelPart } from '../../domain/provider.js';
import { readAnswer } from '../wire/read-answer.js';
import { ChatCompletionReader, fromPlainAnswer } from './from-stream.js';
import type { OpenAiCompatibleOptions } from './options.js';

const options: OpenAiCompatibleOptions = {
  name: 'openai',
  kind: 'openai',
  baseUrl: 'http://localhost/v1',
  apiKey: '',
  connectTimeoutMs: 10_000,
  silenceTimeoutMs: 120_000,
};

const fixture = (name: string) => readFileSync(new URL(`__fixtures__/${name}`, import.meta.url));

/** The bytes in pieces of a size, so that events and characters are torn at every place. */
async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

async function read(pieces: AsyncIterable<Uint8Array>) {
  const parts: ModelPart[] = [];
  const left: string[] = [];
  const bytes = Object.assign(pieces, { drain: () => left.push('drained'), abandon: () => left.push('abandoned') });
  const error: unknown = await (async () => {
    for await (const part of readAnswer(bytes, 'sse', new ChatCompletionReader(options), options, [])) parts.push(part);
  })().catch((thrown: unknown) => thrown);
  const joined = (type: 'text' | 'reasoning') => parts.map((part) => (part.type === type ? part.text : '')).join('');
  return {
    text: joined('text'),
    reasoning: joined('reasoning'),
    parts,
    /** What became of the connection. */
    left: left.join(),
    finished: parts.find((part) => part.type === 'finished'),
    failure: error instanceof FailureError ? error.failure : error,
  };
}

const event = (data: string) => new TextEncoder().encode(`data: ${data}\n\n`);
const text = (content: string) => event(JSON.stringify({ choices: [{ delta: { content }, finish_reason: null }] }));
const finish = (reason: string) => event(JSON.stringify({ choices: [{ delta: {}, finish_reason: reason }] }));

async function* from(...events: (Uint8Array | Error)[]): AsyncGenerator<Uint8Array> {
  for (const next of events) {
    if (next instanceof Error) throw next;
    yield next;
  }
}

describe('a streamed answer', () => {
  it.each([1, 2, 3, 7, 64, 100_000])('reads OpenAI in pieces of %d bytes', async (size) => {
    const answer = await read(pieces(fixture('openai.txt'), size));
    expect(answer.failure).toBeUndefined();
    expect(answer.left).toBe('drained');
    expect(answer.text).toBe('Grüße 👋!');
    expect(answer.finished).toEqual({
      type: 'finished',
      finishReason: 'stop',
      inputTokens: 19,
      outputTokens: 10,
      cachedInputTokens: 0,
      reasoningTokens: 0,
      usageKnown: true,
      warnings: [],
    });
  });

  it('tells reasoning from text', async () => {
    const answer = await read(pieces(fixture('deepseek-reasoner.txt'), 50));
    expect(answer).toMatchObject({ reasoning: 'Let me think.', text: 'Four' });
    expect(answer.finished).toMatchObject({ finishReason: 'length', inputTokens: 8, outputTokens: 6 });
  });

  it('makes one part of what arrived together', async () => {
    const answer = await read(pieces(fixture('deepseek-reasoner.txt'), 100_000));
    expect(answer.parts.map(({ type }) => type)).toEqual(['reasoning', 'text', 'finished']);
  });

  it("fails with the provider's words when an error comes inside the stream", async () => {
    const { failure, text: seen } = await read(pieces(fixture('openrouter-error.txt'), 40));
    expect(seen).toBe('Half an');
    expect(failure).toMatchObject({
      code: 'provider_unavailable',
      retryable: true,
      details: { receivedCharacters: 7 },
    });
    expect((failure as { message: string }).message).toContain('Upstream disconnected');
  });

  it('fails when the stream ends without finish reason and end mark', async () => {
    const { failure, finished } = await read(from(text('Half')));
    expect(failure).toMatchObject({ code: 'provider_stream_cut', retryable: true, details: { receivedCharacters: 4 } });
    expect(finished).toBeUndefined();
  });

  it('fails when the stream is empty', async () => {
    expect((await read(from())).failure).toMatchObject({ code: 'provider_stream_cut' });
  });

  it('fails when the connection breaks in the middle', async () => {
    const { failure, left } = await read(from(text('Half'), Object.assign(new Error('x'), { code: 'UND_ERR_SOCKET' })));
    expect(failure).toMatchObject({ code: 'provider_stream_cut', details: { receivedCharacters: 4 } });
    expect((failure as { message: string }).message).toContain('reset');
    expect(left).toBe('abandoned');
  });

  it('is content with either end mark', async () => {
    expect((await read(from(text('All'), finish('stop')))).finished).toMatchObject({ finishReason: 'stop' });
    expect((await read(from(text('All'), event('[DONE]')))).finished).toMatchObject({ finishReason: 'stop' });
  });

  it('keeps a complete answer whose connection breaks before the usage, and says so', async () => {
    const { finished, failure } = await read(from(text('All'), finish('stop'), new Error('reset')));
    expect(failure).toBeUndefined();
    expect(finished).toMatchObject({ inputTokens: 0, outputTokens: 0 });
    expect(finished?.warnings[0]).toContain('did not say how many tokens');
  });

  it.each(['{"choices": [{"del', '"text"', 'null'])('fails at the event %s', async (data) => {
    const { failure } = await read(from(text('Half'), event(data), finish('stop')));
    expect(failure).toMatchObject({ code: 'provider_error', details: { receivedCharacters: 4 } });
  });

  it.each([
    ['function_call', 'tool_calls'],
    ['content_filter', 'content_filter'],
    ['eos', 'stop'],
  ])('reads the finish reason %s as %s', async (given, expected) => {
    expect((await read(from(finish(given)))).finished).toMatchObject({ finishReason: expected });
  });
});

describe('a plain answer', () => {
  it('gives the same parts', () => {
    expect(fromPlainAnswer(fixture('ollama-plain.json').toString(), options, ['w'])).toEqual([
      { type: 'reasoning', text: 'A greeting.' },
      { type: 'text', text: 'Hello.' },
      expect.objectContaining({
        type: 'finished',
        finishReason: 'stop',
        inputTokens: 26,
        outputTokens: 5,
        warnings: ['w'],
      }),
    ]);
  });

  it.each(['<html></html>', '{}', '[]', '{"choices":[]}', ''])('refuses %s', (body) => {
    expect(() => fromPlainAnswer(body, options, [])).toThrow(/base address/);
  });

  it('fails with an error that came with status 200', () => {
    expect(() => fromPlainAnswer('{"error":{"message":"No capacity"}}', options, [])).toThrow('No capacity');
  });
});
