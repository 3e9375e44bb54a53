import { type ChatRequest, type ChatResponse, Task } from '@treadle/contracts';
import type { CallOptions } from '@treadle/grpc';
import type { ChatPart } from '@treadle/nodes';
import { describe, expect, it } from 'vitest';
import { GrpcModels, type ModelService } from './grpc-models.js';

const task = Task.fromPartial({
  runId: 'run',
  nodeKey: 'llm',
  attempt: 2,
  tenantId: 'tenant',
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

async function partsOf(service: ModelService): Promise<ChatPart[]> {
  const parts: ChatPart[] = [];
  for await (const part of new GrpcModels(service, task, new AbortController().signal).chat(question)) parts.push(part);
  return parts;
}

const text: ChatResponse = { part: { $case: 'text', value: 'Hi' } };
const finished: ChatResponse = {
  part: {
    $case: 'finished',
    value: {
      finishReason: 'stop',
      usage: { inputTokens: 3, outputTokens: 1, provider: 'demo', model: 'large' },
      warnings: ['another model served the call'],
    },
  },
};

describe('GrpcModels', () => {
  it('asks in the name of the task, with a key that is the same on every attempt', async () => {
    const { asked, service } = serviceThatSays(finished);
    await partsOf(service);
    expect(asked[0]?.request).toEqual({
      tenantId: 'tenant',
      model: { provider: 'openai', model: 'small' },
      messages: [{ role: 'user', text: 'Hello' }],
      parametersJson: '{"temperature":0}',
      idempotencyKey: 'run/llm',
      deadlineUnixMs: 99,
      traceparent: '00-trace',
      runId: 'run',
      nodeKey: 'llm',
    });
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
        provider: 'demo',
        model: 'large',
        warnings: ['another model served the call'],
      },
    ]);
  });

  it('fails when the stream ends without its last part', async () => {
    const { service } = serviceThatSays(text);
    await expect(partsOf(service)).rejects.toMatchObject({ failure: { code: 'provider_stream_cut', retryable: true } });
  });
});
