import { describe, expect, it } from 'vitest';
import type { ModelCall } from '../domain/provider.js';
import { toRequest as toAnthropic } from './anthropic/to-request.js';
import { azureOptions } from './azure-openai/options.js';
import { toRequest as toGemini } from './google-gemini/to-request.js';
import { toRequest as toOllama } from './ollama/to-request.js';
import { toResponsesRequest } from './openai/to-request.js';
import { toRequest as toChatCompletions } from './openai-compatible/to-request.js';

const server = {
  name: 'p',
  kind: 'k',
  baseUrl: 'https://api.example.com/base',
  apiKey: 'sk-1',
  connectTimeoutMs: 1,
  silenceTimeoutMs: 1,
};
const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
const png = { data: 'AAEC', mediaType: 'image/png', detail: 'low' };

/** Everything a call can have. */
const full: ModelCall = {
  model: 'm-1',
  messages: [
    { role: 'system', text: 'Be brief.' },
    {
      role: 'user',
      text: '',
      parts: [
        { type: 'text', text: 'Where?' },
        { type: 'image', image: png },
      ],
    },
    {
      role: 'assistant',
      text: 'Let me see.',
      toolCalls: [{ id: 'c1', name: 'find', argumentsJson: '{"city":"Bern"}' }],
    },
    { role: 'tool', text: '{"found":true}', toolCallId: 'c1' },
  ],
  parameters: { temperature: 0.2, max_tokens: 100, stop: 'END' },
  idempotencyKey: '',
  deadlineUnixMs: 0,
  tools: [{ name: 'find', description: 'Finds.', parameters: schema, strict: false }],
  toolChoice: 'find',
  responseFormat: { type: 'json_schema', name: 'place', schema, strict: true },
};
const bodyOf = ({ body }: { readonly body?: string }): unknown => JSON.parse(body ?? '');

describe('the exact request', () => {
  it('of chat completions', () => {
    const request = toChatCompletions(full, server, 'stream with usage');
    expect(bodyOf(request)).toEqual({
      model: 'm-1',
      messages: [
        { role: 'system', content: 'Be brief.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Where?' },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,AAEC', detail: 'low' } },
          ],
        },
        {
          role: 'assistant',
          content: 'Let me see.',
          tool_calls: [{ id: 'c1', type: 'function', function: { name: 'find', arguments: '{"city":"Bern"}' } }],
        },
        { role: 'tool', content: '{"found":true}', tool_call_id: 'c1' },
      ],
      temperature: 0.2,
      max_tokens: 100,
      stop: 'END',
      tools: [{ type: 'function', function: { name: 'find', description: 'Finds.', parameters: schema } }],
      tool_choice: { type: 'function', function: { name: 'find' } },
      response_format: { type: 'json_schema', json_schema: { name: 'place', schema, strict: true } },
      stream: true,
      stream_options: { include_usage: true },
    });
  });

  it('of a server that knows JSON but no schema, told in words and with a warning', () => {
    const dialect = { structuredOutput: 'json_object', maxTokensName: 'max_completion_tokens' } as const;
    const request = toChatCompletions(full, { ...server, dialect }, 'stream with usage');
    expect(bodyOf(request)).toMatchObject({ response_format: { type: 'json_object' }, max_completion_tokens: 100 });
    expect(request.body).toContain('keeps to this JSON schema');
    expect(request.warnings).toEqual([expect.stringContaining('told the schema in words')]);
  });

  it('of an Azure deployment', () => {
    const { server: options } = azureOptions({ ...server, baseUrl: 'https://r.openai.azure.com' }, {});
    const request = toChatCompletions(full, options, 'stream with usage');
    expect(request.path).toBe('/openai/deployments/m-1/chat/completions?api-version=2024-10-21');
    expect(request.headers).toMatchObject({ 'api-key': 'sk-1' });
    expect(request.headers).not.toHaveProperty('authorization');
  });

  it('of the responses API', () => {
    const request = toResponsesRequest({ ...full, reasoning: { effort: 'low', maxTokens: 0 } }, server);
    expect(request.path).toBe('/base/responses');
    expect(bodyOf(request)).toEqual({
      model: 'm-1',
      input: [
        { role: 'system', content: [{ type: 'input_text', text: 'Be brief.' }] },
        {
          role: 'user',
          content: [
            { type: 'input_text', text: 'Where?' },
            { type: 'input_image', image_url: 'data:image/png;base64,AAEC', detail: 'low' },
          ],
        },
        { role: 'assistant', content: [{ type: 'output_text', text: 'Let me see.' }] },
        { type: 'function_call', call_id: 'c1', name: 'find', arguments: '{"city":"Bern"}' },
        { type: 'function_call_output', call_id: 'c1', output: '{"found":true}' },
      ],
      temperature: 0.2,
      max_output_tokens: 100,
      tools: [{ type: 'function', name: 'find', description: 'Finds.', parameters: schema, strict: false }],
      tool_choice: { type: 'function', name: 'find' },
      text: { format: { type: 'json_schema', name: 'place', schema, strict: true } },
      reasoning: { effort: 'low', summary: 'auto' },
      store: false,
      stream: true,
    });
    expect(request.warnings).toEqual([expect.stringContaining('"stop" was left out')]);
  });

  it("of Anthropic's messages", () => {
    const request = toAnthropic(full, { ...server, thinking: 'adaptive' });
    expect(request.path).toBe('/base/v1/messages');
    expect(request.headers).toEqual({
      'x-api-key': 'sk-1',
      'anthropic-version': '2023-06-01',
      'content-type': 'application/json',
    });
    expect(bodyOf(request)).toEqual({
      model: 'm-1',
      system: 'Be brief.',
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Where?' },
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAEC' } },
          ],
        },
        {
          role: 'assistant',
          content: [
            { type: 'text', text: 'Let me see.' },
            { type: 'tool_use', id: 'c1', name: 'find', input: { city: 'Bern' } },
          ],
        },
        {
          role: 'user',
          content: [{ type: 'tool_result', tool_use_id: 'c1', content: [{ type: 'text', text: '{"found":true}' }] }],
        },
      ],
      max_tokens: 100,
      temperature: 0.2,
      stop_sequences: ['END'],
      tools: [{ name: 'find', description: 'Finds.', input_schema: schema }],
      tool_choice: { type: 'tool', name: 'find' },
      output_config: { format: { type: 'json_schema', schema } },
      stream: true,
    });
  });

  it('of thinking aloud, within the longest answer allowed', () => {
    const plain = { ...full, messages: full.messages.slice(0, 2), responseFormat: undefined };
    const ask = (reasoning: { effort: string; maxTokens: number }, parameters = {}) =>
      bodyOf(toAnthropic({ ...plain, parameters, reasoning }, { ...server, thinking: 'adaptive' }));
    expect(ask({ effort: 'low', maxTokens: 0 })).toMatchObject({
      thinking: { type: 'adaptive' },
      output_config: { effort: 'low' },
    });
    expect(ask({ effort: '', maxTokens: 4_000 }, { max_tokens: 5_000 })).toMatchObject({
      thinking: { type: 'enabled', budget_tokens: 4_000 },
      max_tokens: 5_000,
    });
    expect(ask({ effort: '', maxTokens: 4_000 }, { max_tokens: 2_000 })).toMatchObject({
      thinking: { type: 'enabled', budget_tokens: 1_999 },
    });
    expect(ask({ effort: '', maxTokens: 4_000 }, { max_tokens: 500 })).not.toHaveProperty('thinking');
  });

  it('of Gemini', () => {
    const request = toGemini({ ...full, reasoning: { effort: 'low', maxTokens: 0 } }, server);
    expect(request.path).toBe('/base/models/m-1:streamGenerateContent?alt=sse');
    expect(request.headers).toEqual({ 'x-goog-api-key': 'sk-1', 'content-type': 'application/json' });
    expect(bodyOf(request)).toEqual({
      systemInstruction: { parts: [{ text: 'Be brief.' }] },
      contents: [
        { role: 'user', parts: [{ text: 'Where?' }, { inlineData: { mimeType: 'image/png', data: 'AAEC' } }] },
        {
          role: 'model',
          parts: [
            { text: 'Let me see.' },
            {
              functionCall: { name: 'find', args: { city: 'Bern' } },
              thoughtSignature: 'skip_thought_signature_validator',
            },
          ],
        },
        { role: 'user', parts: [{ functionResponse: { name: 'find', response: { found: true } } }] },
      ],
      tools: [{ functionDeclarations: [{ name: 'find', description: 'Finds.', parametersJsonSchema: schema }] }],
      toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['find'] } },
      generationConfig: {
        temperature: 0.2,
        maxOutputTokens: 100,
        stopSequences: ['END'],
        responseMimeType: 'application/json',
        responseJsonSchema: schema,
        thinkingConfig: { includeThoughts: true, thinkingBudget: 2_048 },
      },
    });
  });

  it('of Ollama', () => {
    const request = toOllama({ ...full, reasoning: { effort: 'high', maxTokens: 0 } }, server);
    expect(request.path).toBe('/base/api/chat');
    expect(bodyOf(request)).toEqual({
      model: 'm-1',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Where?', images: ['AAEC'] },
        {
          role: 'assistant',
          content: 'Let me see.',
          tool_calls: [{ function: { name: 'find', arguments: { city: 'Bern' } } }],
        },
        { role: 'tool', content: '{"found":true}', tool_name: 'find' },
      ],
      tools: [{ type: 'function', function: { name: 'find', description: 'Finds.', parameters: schema } }],
      format: schema,
      think: true,
      options: { temperature: 0.2, num_predict: 100, stop: ['END'] },
      stream: true,
    });
    expect(request.warnings).toEqual([expect.stringContaining('cannot be made to call a tool')]);
  });

  it('of Ollama cannot have images by address', () => {
    const image = { type: 'image', image: { url: 'https://x.example/i.png' } } as const;
    const call = { ...full, messages: [{ role: 'user', text: '', parts: [image] }] };
    expect(() => toOllama(call, server)).toThrow('send the image itself');
  });
});
