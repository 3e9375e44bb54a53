import { ChatRequest, type Finished, ModelServiceService } from '@treadle/contracts';
import { type Failure, FailureError } from '@treadle/failure';
import { type Handlers, inProcessHandlers } from '@treadle/grpc';
import { type ModelServer, type ModelServerOptions, type ScriptedAnswer, startModelServer } from '@treadle/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ModelSetup, ProviderStore } from '../src/index.js';
import { ModelProxy, modelProxyConfig } from '../src/index.js';

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function server(options: ModelServerOptions = {}): Promise<ModelServer> {
  const started = await startModelServer(options);
  cleanups.push(() => started.close());
  return started;
}

/** A store whose setup can be replaced. */
function storeOf(first: ModelSetup) {
  let now = first;
  const listeners = new Set<(tenantId: string, setup: ModelSetup) => void>();
  const store: ProviderStore = {
    setup: async () => now,
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const change = (setup: ModelSetup) => {
    now = setup;
    for (const listener of listeners) listener('', setup);
  };
  return { store, change };
}

type Target = { provider: string; model?: string; weight?: number; order?: number };

const setupOf = (
  servers: Record<string, string>,
  targets: Target[],
  rules: Record<string, unknown> = {},
): ModelSetup => ({
  providers: Object.entries(servers).map(([name, baseUrl]) => ({
    name,
    kind: 'openai-compatible',
    baseUrl,
    apiKey: undefined,
    options: {},
    mergesRepeats: false,
    revision: 1,
  })),
  routes: [
    {
      name: 'r',
      rules,
      revision: 1,
      targets: targets.map((target, order) => ({ model: 'small', weight: 1, order, ...target })),
    },
  ],
});

function proxy(setup: ModelSetup, environment: Record<string, string> = {}) {
  const { store, change } = storeOf(setup);
  const config = modelProxyConfig.read({
    ...{ TREADLE_MODEL_PROBE_INTERVAL_MS: '100', TREADLE_MODEL_HTTP_ALLOW: '127.0.0.1' },
    ...environment,
  });
  const modelProxy = new ModelProxy({ config, log, store });
  cleanups.push(() => modelProxy.close());
  const handlers = inProcessHandlers(ModelServiceService, modelProxy.controller, (_, error) => {
    throw error;
  });
  return { change, ask: (fields: Parameters<typeof ChatRequest.fromPartial>[0] = {}) => ask(handlers, fields) };
}

async function ask(
  { chat }: Pick<Handlers<typeof ModelServiceService>, 'chat'>,
  fields: Parameters<typeof ChatRequest.fromPartial>[0],
): Promise<{ text: string; by?: string; failure?: Failure } & Partial<Finished>> {
  const request = ChatRequest.fromPartial({ route: 'r', messages: [{ role: 'user', text: 'Hello' }], ...fields });
  let text = '';
  try {
    for await (const { part } of chat(request)) {
      if (part?.$case === 'text') text += part.value;
      if (part?.$case === 'finished') return { text, by: part.value.usage?.provider ?? '', ...part.value };
    }
  } catch (error) {
    if (error instanceof FailureError) return { text, failure: error.failure };
    throw error;
  }
  return { text };
}

const times = <T>(count: number, work: (index: number) => Promise<T>) =>
  Promise.all(Array.from({ length: count }, (_, index) => work(index)));

describe('a provider that is dead', () => {
  const overloaded: ScriptedAnswer = { text: '', fault: { kind: 'status', status: 503 } };

  it('is left alone after few calls, costs a tenth at most, and is back within its probe interval', async () => {
    const state = { dead: true };
    const a = await server({ answer: () => (state.dead ? overloaded : 'A') });
    const b = await server({ answer: () => 'B' });
    const { ask } = proxy(setupOf({ a: a.url, b: b.url }, [{ provider: 'a' }, { provider: 'b' }]));
    const isProbe = (messages: readonly { content: unknown }[]) => messages[0]?.content === 'ping';
    const callsAtA = () => a.chats.filter(({ body }) => !isProbe(body.messages)).length;
    for (let call = 0; call < 20; call += 1) expect(await ask()).toMatchObject({ by: 'b' });
    const before = callsAtA();
    for (let wave = 0; wave < 9; wave += 1) {
      const answers = await times(20, () => ask());
      expect(answers.every(({ by }) => by === 'b')).toBe(true);
    }
    expect(callsAtA()).toBe(before);
    expect((callsAtA() + b.calls) / 200).toBeLessThanOrEqual(1.1);
    state.dead = false;
    await vi.waitFor(async () => expect(await ask()).toMatchObject({ by: 'a' }), { timeout: 5_000 });
  });

  it('does not fail a burst that finds it dead', async () => {
    const a = await server({ answer: () => overloaded });
    const b = await server({ answer: () => 'B' });
    const { ask } = proxy(setupOf({ a: a.url, b: b.url }, [{ provider: 'a' }, { provider: 'b' }]));
    const answers = await times(200, () => ask());
    expect(answers.filter(({ by }) => by === 'b')).toHaveLength(200);
    expect((a.calls + b.calls) / 200).toBeLessThanOrEqual(1.1);
  });

  it('is not waited for when it takes calls and says nothing', async () => {
    const a = await server({ answer: () => ({ text: '', fault: { kind: 'hang' } }) });
    const b = await server({ answer: () => 'B' });
    const rules = { deadlines: { first_token_ms: 50 } };
    const { ask } = proxy(setupOf({ a: a.url, b: b.url }, [{ provider: 'a' }, { provider: 'b' }], rules), {
      TREADLE_MODEL_PROBE_INTERVAL_MS: '60000',
    });
    for (let call = 0; call < 6; call += 1) expect(await ask()).toMatchObject({ by: 'b' });
    const before = a.calls;
    await times(20, () => ask());
    expect([before, a.calls]).toEqual([5, 5]);
  });

  it('and alone is said to be away without being asked', async () => {
    const a = await server({ answer: () => overloaded });
    const { ask } = proxy(setupOf({ a: a.url }, [{ provider: 'a' }]), { TREADLE_MODEL_PROBE_INTERVAL_MS: '60000' });
    for (let call = 0; call < 5; call += 1) await ask();
    const before = a.calls;
    const { failure } = await ask();
    expect(failure).toMatchObject({ code: 'provider_unavailable', retryable: true });
    expect(failure?.retryAfterSeconds).toBeGreaterThan(0);
    expect(a.calls).toBe(before);
  });
});

describe('the next target is asked', () => {
  it.each([
    ['a wrong key', { kind: 'status', status: 401 }],
    ['a missing model', { kind: 'status', status: 404, code: 'model_not_found' }],
    ['a limited rate', { kind: 'status', status: 429 }],
    ['a stream that breaks before its first word', { kind: 'cut', afterTokens: 0 }],
    ['a reset', { kind: 'reset' }],
  ] as const)('after %s', async (_, fault) => {
    const a = await server({ answer: () => ({ text: 'one two', fault }) });
    const b = await server({ answer: () => 'B' });
    const { ask } = proxy(setupOf({ a: a.url, b: b.url }, [{ provider: 'a' }, { provider: 'b' }]));
    expect(await ask()).toMatchObject({ text: 'B', by: 'b' });
  });

  it('neither after a refused request nor in the middle of an answer', async () => {
    const faults = [
      { kind: 'status', status: 400 },
      { kind: 'cut', afterTokens: 1 },
    ] as const;
    const b = await server({ answer: () => 'B' });
    for (const fault of faults) {
      const a = await server({ answer: () => ({ text: 'one two', fault }) });
      const { ask } = proxy(setupOf({ a: a.url, b: b.url }, [{ provider: 'a' }, { provider: 'b' }]));
      const { failure } = await ask();
      expect(failure?.code).toBe(fault.kind === 'cut' ? 'provider_stream_cut' : 'provider_rejected');
      if (fault.kind === 'cut') expect(failure?.details).toMatchObject({ receivedText: 'one ' });
    }
    expect(b.calls).toBe(0);
  });

  it('only after the failures the route names', async () => {
    const a = await server({ answer: () => ({ text: '', fault: { kind: 'status', status: 401 } }) });
    const b = await server({ answer: () => 'B' });
    const rules = { fallback_on: ['provider_rate_limited'] };
    const { ask } = proxy(setupOf({ a: a.url, b: b.url }, [{ provider: 'a' }, { provider: 'b' }], rules));
    expect((await ask()).failure?.code).toBe('provider_unauthenticated');
  });
});

describe('a provider that says when to come again', () => {
  it('is not asked before, and others serve meanwhile', async () => {
    const limited: ScriptedAnswer = { text: '', fault: { kind: 'status', status: 429, retryAfter: '60' } };
    const a = await server({ answer: (_, call) => (call === 1 ? limited : 'A') });
    const b = await server({ answer: () => 'B' });
    const { ask } = proxy(setupOf({ a: a.url, b: b.url }, [{ provider: 'a' }, { provider: 'b' }]));
    for (let call = 0; call < 5; call += 1) expect(await ask()).toMatchObject({ by: 'b' });
    expect(a.calls).toBe(1);
  });

  it('is asked again at once after a short while, when it is the only one', async () => {
    const limited: ScriptedAnswer = { text: '', fault: { kind: 'status', status: 429, retryAfter: '0.2' } };
    const a = await server({ answer: (_, call) => (call === 1 ? limited : 'A') });
    const { ask } = proxy(setupOf({ a: a.url }, [{ provider: 'a' }]));
    expect(await ask()).toMatchObject({ text: 'A' });
    expect(a.calls).toBe(2);
  });
});

describe('who serves a route', () => {
  it('is the same for the same request or key, and depends on the weights', async () => {
    const [a, b] = [await server({ answer: () => 'A' }), await server({ answer: () => 'B' })];
    const weights = [
      { provider: 'a', weight: 3, order: 0 },
      { provider: 'b', weight: 1, order: 0 },
    ];
    const { ask } = proxy(setupOf({ a: a.url, b: b.url }, weights));
    const by = async (text: string, routingKey = '') =>
      (await ask({ routingKey, messages: [{ role: 'user', text }] })).by;
    const all = await times(100, (index) => by(`question ${index}`));
    expect(await times(100, (index) => by(`question ${index}`))).toEqual(all);
    const share = all.filter((name) => name === 'a').length;
    expect(share).toBeGreaterThan(60);
    expect(share).toBeLessThan(90);
    expect(new Set(await times(20, (index) => by(`question ${index}`, 'one user'))).size).toBe(1);
  });

  it('is a smaller model where a rule says so, and the answer says which', async () => {
    const a = await server();
    const rules = { tiers: [{ when: { hint: 'small' }, targets: [{ provider: 'a', model: 'small' }] }] };
    const { ask } = proxy(setupOf({ a: a.url }, [{ provider: 'a', model: 'large' }], rules));
    expect((await ask()).usage?.model).toBe('large');
    expect((await ask({ hint: 'small' })).usage?.model).toBe('small');
  });

  it('changes with what is saved, without a restart and without breaking a running call', async () => {
    const a = await server({ tokens: 40, tokenGapMs: 5 });
    const b = await server({ answer: () => 'B' });
    const { ask, change } = proxy(setupOf({ a: a.url }, [{ provider: 'a' }]));
    const running = ask();
    await vi.waitFor(() => expect(a.active).toBe(1));
    change(setupOf({ b: b.url }, [{ provider: 'b' }]));
    expect(await ask()).toMatchObject({ by: 'b' });
    expect(await running).toMatchObject({ by: 'a', finishReason: 'stop' });
  });

  it('is nobody for an unknown route, with its name', async () => {
    const { ask } = proxy({ providers: [], routes: [] });
    expect((await ask()).failure).toMatchObject({ code: 'model_not_found', message: 'There is no route "r".' });
  });
});

describe('an answer given again', () => {
  const cached = { cache: { ttl_seconds: 60 } };

  it('streams like the first, is marked, and reaches no provider', async () => {
    const a = await server({ answer: () => 'one two three' });
    const { ask } = proxy(setupOf({ a: a.url }, [{ provider: 'a' }], cached));
    const first = await ask();
    const second = await ask();
    expect(first.usage).toMatchObject({ cached: false });
    expect(second).toEqual({ ...first, usage: { ...first.usage, cached: true } });
    expect(a.calls).toBe(1);
  });

  it('is kept from other tenants, other questions, and callers who do not want it', async () => {
    const a = await server();
    const { ask } = proxy(setupOf({ a: a.url }, [{ provider: 'a' }], cached));
    await ask();
    await ask({ tenantId: 'other' });
    await ask({ parametersJson: '{"temperature":1}' });
    await ask({ cache: { enabled: false } });
    expect(a.calls).toBe(4);
  });

  it('is one call for all who ask at once', async () => {
    const a = await server({ latencyMs: 50 });
    const { ask } = proxy(setupOf({ a: a.url }, [{ provider: 'a' }]));
    const answers = await times(50, () => ask({ cache: { enabled: true } }));
    expect(a.calls).toBe(1);
    expect(answers.filter(({ usage }) => usage?.cached)).toHaveLength(49);
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  });

  it('is never one that failed', async () => {
    const a = await server({
      answer: (_, call) => ({ text: 'one two', ...(call === 1 && { fault: { kind: 'cut', afterTokens: 1 } }) }),
    });
    const { ask } = proxy(setupOf({ a: a.url }, [{ provider: 'a' }], cached));
    expect((await ask()).failure?.code).toBe('provider_stream_cut');
    expect(await ask()).toMatchObject({ text: 'one two', usage: { cached: false } });
  });
});
