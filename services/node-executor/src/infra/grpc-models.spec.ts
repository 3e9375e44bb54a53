import { ChatRequest, type ChatResponse, Task, Usage } from '@treadle/contracts';
import type { CallOptions } from '@treadle/grpc';
import type { ChatPart, ChatQuestion } from '@treadle/nodes';
import { describe, expect, it } from 'vitest';
import { GrpcModels, type ModelService } from './grpc-models.js';

const task = Task.fromPartial({
  runId: 'run',
  nodeKey: 'llm',
  attempt: 2,
  tenantId: 'tenant',
  workflowId: 'workflow',
  traceparent: '00-trace',
  deadlineUnixMs: 99,
});
const question = {
  provider: 'openai',
  model: 'small',
  messages: [{ role: 'user', text: 'Hello' }],
  parameters: { temperature: 0 },
} as const;

function serviceThatSays(...responses: ChatResponse[]) {
  const asked: { request: ChatRequest; options: CallOptions | undefined }[] = [];
  const service: ModelService = {
    chat: async function* (request, options) {
      asked.push({ request, options });
      yield* responses;
    },
  };
  return { asked, service };
}

async function partsOf(service: ModelService, asked: ChatQuestion = question): Promise<ChatPart[]> {
  const parts: ChatPart[] = [];
  for await (const part of new GrpcModels(service, task, new AbortController().signal).chat(asked)) parts.push(part);
  return parts;
}

const text: ChatResponse = { part: { $case: 'text', value: 'Hi' } };
const finished: ChatResponse = {
  part: {
    $case: 'finished',
    value: {
      finishReason: 'stop',
      usage: Usage.fromPartial({ inputTokens: 3, outputTokens: 1, provider: 'demo', model: 'large' }),
      warnings: ['another model served the call'],
    },
  },
};

describe('GrpcModels', () => {
  it('asks in the name of the task, with a key that is the same on every attempt', async () => {
    const { asked, service } = serviceThatSays(finished);
    await partsOf(service);
    const expected = ChatRequest.fromPartial({
      tenantId: 'tenant',
      workflowId: 'workflow',
      model: { provider: 'openai', model: 'small' },
      messages: [{ role: 'user', text: 'Hello' }],
      parametersJson: '{"temperature":0}',
      idempotencyKey: 'run/llm',
      deadlineUnixMs: 99,
      traceparent: '00-trace',
      runId: 'run',
      nodeKey: 'llm',
    });
    expect(asked[0]?.request).toEqual(expected);
    expect(asked[0]?.options).toMatchObject({ traceparent: '00-trace' });
  });

  it('gives the parts in order, ends with who served the call, and leaves out what it does not know', async () => {
    const { service } = serviceThatSays(text, { part: undefined }, finished);
    expect(await partsOf(service)).toEqual([
      { type: 'text', text: 'Hi' },
      {
        type: 'finished',
        finishReason: 'stop',
        inputTokens: 3,
        outputTokens: 1,
        cachedInputTokens: 0,
        reasoningTokens: 0,
        cached: false,
        provider: 'demo',
        model: 'large',
        warnings: ['another model served the call'],
      },
    ]);
  });

  it('asks with images, tools, a format and settings for the route', async () => {
    const { asked, service } = serviceThatSays(finished);
    const full: ChatQuestion = {
      ...question,
      route: 'fast',
      messages: [
        { role: 'user', text: '', parts: [{ type: 'image-data', data: 'AAEC', mediaType: 'image/png' }] },
        { role: 'assistant', text: '', toolCalls: [{ id: 'c1', name: 'add', argumentsJson: '{}' }] },
        { role: 'tool', text: '3', toolCallId: 'c1' },
      ],
      tools: [{ name: 'add', description: 'Adds.', parameters: { type: 'object' } }],
      responseFormat: { type: 'json_schema', name: 'sum', schema: { type: 'object' }, strict: true },
      cache: { enabled: true },
    };
    await partsOf(service, full);
    expect(asked[0]?.request).toMatchObject({
      route: 'fast',
      messages: [
        { parts: [{ part: { value: { source: { value: Buffer.from([0, 1, 2]) }, mediaType: 'image/png' } } }] },
        { toolCalls: [{ id: 'c1', name: 'add', argumentsJson: '{}' }] },
        { role: 'tool', text: '3', toolCallId: 'c1' },
      ],
      tools: [{ name: 'add', parametersJson: '{"type":"object"}', strict: false }],
      responseFormat: { type: 'json_schema', name: 'sum', schemaJson: '{"type":"object"}', strict: true },
      cache: { enabled: true, ttlSeconds: 0 },
    });
  });

  it('fails when the stream ends without its last part', async () => {
    const { service } = serviceThatSays(text);
    await expect(partsOf(service)).rejects.toMatchObject({ failure: { code: 'provider_stream_cut', retryable: true } });
  });
});
