import { describe, expect, it } from 'vitest';
import type { ModelCall } from '../../domain/provider.js';
import { toRequest } from './to-request.js';

const call: ModelCall = {
  model: 'gpt-4.1-mini',
  messages: [
    { role: 'system', text: 'Be brief.' },
    { role: 'user', text: 'Hi' },
  ],
  parameters: { temperature: 0.2, max_tokens: 200, seed: null },
  idempotencyKey: 'run:node',
  deadlineUnixMs: 0,
};
const server = { baseUrl: 'https://api.example.com/v1', apiKey: 'sk-1' };

describe('the request', () => {
  it('is exactly this', () => {
    const { path, headers, body, warnings } = toRequest(call, server, 'stream with usage');
    expect(path).toBe('/v1/chat/completions');
    expect(headers).toEqual({
      authorization: 'Bearer sk-1',
      accept: 'text/event-stream, application/json',
      'content-type': 'application/json',
      'idempotency-key': 'run:node',
    });
    expect(JSON.parse(body)).toEqual({
      model: 'gpt-4.1-mini',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Hi' },
      ],
      temperature: 0.2,
      max_tokens: 200,
      stream: true,
      stream_options: { include_usage: true },
    });
    expect(warnings).toEqual([]);
  });

  it('does not ask for usage where the server refuses to be asked', () => {
    expect(JSON.parse(toRequest(call, server, 'stream').body)).not.toHaveProperty('stream_options');
  });

  it('sends no empty headers', () => {
    const { headers } = toRequest({ ...call, idempotencyKey: '' }, { ...server, apiKey: '' }, 'stream with usage');
    expect(Object.keys(headers)).toEqual(['content-type', 'accept']);
  });

  it("warns about settings that are not the workflow's to make", () => {
    const { body, warnings } = toRequest(
      { ...call, parameters: { stream: false, n: 3, model: 'other' } },
      server,
      'stream with usage',
    );
    expect(JSON.parse(body)).toMatchObject({ model: 'gpt-4.1-mini', stream: true });
    expect(JSON.parse(body)).not.toHaveProperty('n');
    expect(warnings).toHaveLength(3);
  });

  it.each([
    ['http://localhost:11434/v1/', '/v1/chat/completions'],
    ['http://localhost:8000', '/chat/completions'],
    ['https://gateway.example.com/openai/v1?api-version=3', '/openai/v1/chat/completions?api-version=3'],
  ])('finds the endpoint below %s', (baseUrl, path) => {
    expect(toRequest(call, { ...server, baseUrl }, 'stream with usage').path).toBe(path);
  });
});
