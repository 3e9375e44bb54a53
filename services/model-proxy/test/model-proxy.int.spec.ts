import { NestFactory } from '@nestjs/core';
import { ChatRequest, type ChatResponse, type Finished, ModelServiceService, Usage } from '@treadle/contracts';
import { type Failure, FailureError } from '@treadle/failure';
import { GrpcServer, grpcClient, inProcessHandlers } from '@treadle/grpc';
import { createLogger } from '@treadle/telemetry';
import {
  type Fault,
  type ModelServer,
  type ModelServerOptions,
  natsAvailable,
  startModelServer,
  startNatsServer,
  testDatabase,
} from '@treadle/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { AppModule } from '../src/app.module.js';
import { ModelProxy, modelProxyConfig, modelProxyProcessConfig } from '../src/index.js';

/** What the service logged. */
const logged: unknown[][] = [];
const write = (...line: unknown[]) => logged.push(line);
const log = { info: write, warn: write, error: write };

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function modelServer(options: ModelServerOptions = {}): Promise<ModelServer> {
  const server = await startModelServer(options);
  cleanups.push(() => server.close());
  return server;
}

const impatient = { TREADLE_MODEL_SILENCE_TIMEOUT_MS: '5000' };

async function proxy(values: Record<string, string>) {
  const modelProxy = new ModelProxy({ config: modelProxyConfig.read({ ...impatient, ...values }), log });
  cleanups.push(() => modelProxy.close());
  return inProcessHandlers(ModelServiceService, modelProxy.controller, (_, error) => {
    throw error;
  });
}

/** A proxy in front of a model server that answers as told. */
async function scripted(answer: ModelServerOptions['answer'], values: Record<string, string> = {}) {
  const server = await modelServer({ answer });
  return { server, client: await proxy({ OPENAI_BASE_URL: server.url, ...values }) };
}

const failing = (fault: Fault, values: Record<string, string> = {}) =>
  scripted(() => ({ text: 'one two three four', fault }), values);

const request = (fields: Parameters<typeof ChatRequest.fromPartial>[0] = {}): ChatRequest =>
  ChatRequest.fromPartial({
    model: { provider: 'openai', model: 'small' },
    messages: [{ role: 'user', text: 'Hello there' }],
    runId: 'r1',
    nodeKey: 'n1',
    ...fields,
  });

interface Answer {
  text: string;
  reasoning: string;
  finished?: Finished;
  failure?: Failure;
}

async function ask(stream: AsyncIterable<ChatResponse>, onText: (text: string) => void = () => undefined) {
  const answer: Answer = { text: '', reasoning: '' };
  try {
    for await (const { part } of stream) {
      if (part?.$case === 'text') onText((answer.text += part.value));
      if (part?.$case === 'reasoning') answer.reasoning += part.value;
      if (part?.$case === 'finished') answer.finished = part.value;
    }
  } catch (error) {
    if (!(error instanceof FailureError)) throw error;
    answer.failure = error.failure;
  }
  return answer;
}

describe('a model answers', () => {
  it('with its text, its reasoning and its usage', async () => {
    const { client } = await scripted(() => ({
      text: 'It is four.',
      reasoning: 'Two and two.',
      finishReason: 'length',
    }));
    expect(await ask(client.chat(request()))).toEqual({
      text: 'It is four.',
      reasoning: 'Two and two.',
      finished: {
        finishReason: 'length',
        usage: Usage.fromPartial({ inputTokens: 2, outputTokens: 6, provider: 'openai', model: 'small' }),
        warnings: [],
      },
    });
  });

  it('to exactly the request that was meant', async () => {
    const { server, client } = await scripted(() => 'Yes.', { OPENAI_API_KEY: 'k' });
    await ask(client.chat(request({ parametersJson: '{"temperature":0.2}', idempotencyKey: 'run:node' })));
    const sent = server.chats[0];
    expect(sent?.headers).toMatchObject({ authorization: 'Bearer k', 'idempotency-key': 'run:node' });
    expect(sent?.body).toEqual({
      model: 'small',
      messages: [{ role: 'user', content: 'Hello there' }],
      temperature: 0.2,
      stream: true,
      stream_options: { include_usage: true },
    });
  });

  it('on connections that are kept, call after call', async () => {
    const { server, client } = await scripted(() => 'Yes.');
    for (let call = 0; call < 20; call += 1) await ask(client.chat(request()));
    expect(server.connections).toBeLessThan(4);
  });

  it('even when it does not stream', async () => {
    const { client } = await failing({ kind: 'plain-answer' });
    expect(await ask(client.chat(request()))).toMatchObject({
      text: 'one two three four',
      finished: { usage: { inputTokens: 2, outputTokens: 4 } },
    });
  });

  it('in one piece, without a stream, where that is all the caller wants', async () => {
    const { server, client } = await scripted(() => 'one two three');
    expect(await ask(client.chat(request({ whole: true })))).toMatchObject({
      text: 'one two three',
      finished: { usage: { inputTokens: 2, outputTokens: 3 } },
    });
    expect(server.chats[0]?.body).toMatchObject({ stream: false });
    expect(server.chats[0]?.body).not.toHaveProperty('stream_options');
  });

  it('with a warning when it gives no usage', async () => {
    const { client } = await failing({ kind: 'no-usage' });
    const { finished } = await ask(client.chat(request()));
    expect(finished).toMatchObject({ usage: { inputTokens: 0, outputTokens: 0 } });
    expect(finished?.warnings).toEqual([expect.stringContaining('did not say how many tokens')]);
  });

  it('when it does not know stream_options, and is not asked for them again', async () => {
    const { server, client } = await failing({ kind: 'refuses-stream-options' });
    expect(await ask(client.chat(request()))).toMatchObject({ text: 'one two three four' });
    await ask(client.chat(request()));
    expect(server.chats.map(({ body }) => 'stream_options' in body)).toEqual([true, false, false]);
  });

  it('without the end mark, if it gave a finish reason', async () => {
    const { client } = await failing({ kind: 'no-done' });
    const { text, finished } = await ask(client.chat(request()));
    expect([text, finished?.finishReason]).toEqual(['one two three four', 'stop']);
  });
});

describe('a model fails', () => {
  it.each<[string, Fault, Partial<Failure>]>([
    ['refuses the key', { kind: 'status', status: 401 }, { code: 'provider_unauthenticated', retryable: false }],
    ['does not have the model', { kind: 'status', status: 404, code: 'model_not_found' }, { code: 'model_not_found' }],
    ['limits the rate', { kind: 'status', status: 429 }, { code: 'provider_rate_limited', retryable: true }],
    [
      'says how long to wait',
      { kind: 'status', status: 429, retryAfter: '3' },
      { code: 'provider_rate_limited', retryAfterSeconds: 3 },
    ],
    ['refuses the request', { kind: 'status', status: 400 }, { code: 'provider_rejected', retryable: false }],
    ['has a bug', { kind: 'status', status: 500 }, { code: 'provider_error', retryable: true }],
    ['is overloaded', { kind: 'status', status: 503 }, { code: 'provider_unavailable', retryable: true }],
    ['resets the connection', { kind: 'reset' }, { code: 'provider_unavailable', retryable: true }],
    ['breaks off', { kind: 'cut', afterTokens: 2 }, { code: 'provider_stream_cut', retryable: true }],
    ['ends early', { kind: 'end-early', afterTokens: 2 }, { code: 'provider_stream_cut', retryable: true }],
    ['sends nonsense', { kind: 'malformed', afterTokens: 2 }, { code: 'provider_error' }],
    ['says so in the stream', { kind: 'error-event', afterTokens: 2, message: 'Oh.' }, { code: 'provider_error' }],
    ['is a web page', { kind: 'html' }, { code: 'provider_error', retryable: false }],
  ])('because it %s', async (_, fault, expected) => {
    const { client } = await failing(fault);
    const { failure, finished, text } = await ask(client.chat(request()));
    expect(failure).toMatchObject({ ...expected, details: { provider: 'openai' } });
    expect(finished).toBeUndefined();
    if ('afterTokens' in fault) expect(failure?.details).toMatchObject({ receivedCharacters: text.length });
  });

  it('with the words of the provider, without the key', async () => {
    const message = 'Bad key top-secret-key, see the console.';
    const { client } = await failing({ kind: 'status', status: 401, message }, { OPENAI_API_KEY: 'top-secret-key' });
    const { failure } = await ask(client.chat(request()));
    expect(failure?.message).toContain('Bad key ***, see the console.');
  });

  it('by saying nothing', async () => {
    const { client } = await failing({ kind: 'hang' }, { TREADLE_MODEL_SILENCE_TIMEOUT_MS: '200' });
    const { failure } = await ask(client.chat(request()));
    expect(failure).toMatchObject({ code: 'provider_unavailable', retryable: true });
    expect(failure?.message).toContain('silent for 0.2 s');
  });

  it('by falling silent', async () => {
    const { client } = await failing({ kind: 'hang', afterTokens: 2 }, { TREADLE_MODEL_SILENCE_TIMEOUT_MS: '200' });
    const { failure, text } = await ask(client.chat(request()));
    expect(text).toBe('one two ');
    expect(failure).toMatchObject({ code: 'provider_stream_cut', details: { receivedCharacters: 8 } });
  });

  it('by not being there', async () => {
    const server = await startModelServer();
    await server.close();
    const client = await proxy({ OPENAI_BASE_URL: server.url });
    const { failure } = await ask(client.chat(request()));
    expect(failure).toMatchObject({ code: 'provider_unavailable', retryable: true });
    expect(failure?.message).toContain('the connection was refused');
  });

  it('when the deadline of the call comes first', async () => {
    const { client } = await failing({ kind: 'hang', afterTokens: 2 });
    const { failure } = await ask(client.chat(request({ deadlineUnixMs: Date.now() + 100 })));
    expect(failure).toMatchObject({ code: 'deadline_exceeded' });
  });

  it('when its settings are no JSON object', async () => {
    const { client } = await scripted(() => 'Yes.');
    for (const parametersJson of ['[1]', '{', '3']) {
      const { failure } = await ask(client.chat(request({ parametersJson })));
      expect(failure).toMatchObject({ code: 'invalid_argument', field: 'parameters' });
    }
  });
});

describe('a caller that leaves', () => {
  it('ends the call at the provider', async () => {
    const { server, client } = await failing({ kind: 'hang', afterTokens: 2 });
    const abort = new AbortController();
    const answer = ask(client.chat(request(), { signal: abort.signal }), () => abort.abort());
    expect((await answer).failure).toMatchObject({ code: 'cancelled' });
    await vi.waitFor(() => expect([server.active, server.abandoned]).toEqual([0, 1]));
  });
});

describe('the log', () => {
  it('names the run and the model, and holds neither prompts nor answers nor keys', async () => {
    const { client } = await scripted(({ model }) => (model === 'small' ? 'Yes, secret answer.' : 'Other.'), {
      OPENAI_API_KEY: 'top-secret-key',
    });
    logged.length = 0;
    await ask(client.chat(request({ messages: [{ role: 'user', text: 'a secret question' }] })));
    expect(logged).toEqual([
      [expect.objectContaining({ runId: 'r1', nodeKey: 'n1', model: 'small', outputTokens: 3 }), 'a model answered'],
    ]);
    expect(JSON.stringify(logged)).not.toContain('secret');
  });
});

describe('the names of models', () => {
  it('are listed with their providers', async () => {
    const { client } = await scripted(undefined);
    expect((await client.listModels({ tenantId: '' })).models).toEqual([
      { provider: 'openai', model: 'small' },
      { provider: 'openai', model: 'large' },
      { provider: 'local', model: 'embeddings-en' },
      { provider: 'local', model: 'soft-terms' },
      { provider: 'demo', model: 'demo' },
    ]);
  });

  it('are served by the demo model alone where nothing is configured', async () => {
    const client = await proxy({});
    const { text } = await ask(client.chat(request({ model: { provider: '', model: 'demo' } })));
    expect(text).toMatch(/^\[demo model\] You said: Hello there/);
    const { failure } = await ask(client.chat(request()));
    expect(failure).toMatchObject({ code: 'model_not_found' });
  });

  it('are served by the default model when nobody knows them, with a warning before and after the call', async () => {
    const { client } = await scripted(() => 'Yes.', { TREADLE_DEFAULT_MODEL: 'openai/large' });
    const model = { provider: 'langgenius/deepseek/deepseek', model: 'deepseek-chat' };
    const resolved = await client.resolveModel({ tenantId: '', model });
    expect(resolved.servedBy).toEqual({ provider: 'openai', model: 'large' });
    expect(resolved.warning).toContain('TREADLE_DEFAULT_MODEL');
    const { finished } = await ask(client.chat(request({ model })));
    expect(finished?.usage).toMatchObject({ provider: 'openai', model: 'large' });
    expect(finished?.warnings).toEqual([resolved.warning]);
  });

  it('are resolved to nobody, with what to set, when nobody knows them', async () => {
    const { client } = await scripted(() => 'Yes.');
    const resolved = await client.resolveModel({ tenantId: '', model: { provider: 'x', model: 'y' } });
    expect(resolved.servedBy).toBeUndefined();
    expect(resolved.warning).toContain('Set TREADLE_DEFAULT_MODEL');
  });
});

describe.skipIf(!natsAvailable())('the service over gRPC', () => {
  it('streams answers and carries failures whole', async () => {
    const server = await modelServer({ faults: { limited: { kind: 'status', status: 429, retryAfter: '3' } } });
    const [database, nats] = await Promise.all([testDatabase(), startNatsServer()]);
    cleanups.push(
      () => database.drop(),
      () => nats.stop(),
    );
    const environment = {
      ...impatient,
      OPENAI_BASE_URL: server.url,
      TREADLE_MODEL_PROXY_GRPC: '127.0.0.1:0',
      DATABASE_URL: database.connectionString,
      NATS_URL: nats.url,
    };
    const silent = createLogger({ service: 'spec', level: 'silent' });
    const root = await AppModule.connect(modelProxyProcessConfig.read(environment), silent);
    const app = await NestFactory.createApplicationContext(root, { logger: false });
    cleanups.push(() => app.close());
    const client = grpcClient(ModelServiceService, {
      address: `127.0.0.1:${app.get(GrpcServer, { strict: false }).port}`,
    });
    cleanups.push(() => client.close());
    await vi.waitFor(async () => expect((await ask(client.chat(request()))).failure).toBeUndefined(), 15_000);
    expect(await ask(client.chat(request()))).toMatchObject({
      text: expect.stringContaining('You said: Hello there'),
      finished: { finishReason: 'stop' },
    });
    const { failure } = await ask(client.chat(request({ model: { provider: 'openai', model: 'limited' } })));
    expect(failure).toMatchObject({ code: 'provider_rate_limited', retryAfterSeconds: 3, details: { status: 429 } });
  });
});
