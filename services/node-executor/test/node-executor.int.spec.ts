import type { INestApplicationContext } from '@nestjs/common';
import {
  type Delta,
  type Result,
  runDeltasSubject,
  runEndedSubject,
  textSoFarSubject,
  Verdict,
} from '@treadle/contracts';
import { FailureError } from '@treadle/failure';
import { InProcessBroker, InProcessBus, type MessageBus, NatsBus } from '@treadle/messaging';
import type { NodeContext, NodeOutcome } from '@treadle/nodes';
import { type NatsServer, natsAvailable, startNatsServer } from '@treadle/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { aPlace, startExecutor, startOwner, until } from './executor-harness.js';

describe('with the bus in process', () => {
  const broker = new InProcessBroker();
  describeExecutor(async () => new InProcessBus({ broker }));
});

describe.skipIf(!natsAvailable())('over NATS', () => {
  let server: NatsServer;
  beforeAll(async () => {
    server = await startNatsServer();
  });
  afterAll(() => server.stop());
  describeExecutor(() => NatsBus.connect({ url: server.url, name: 'executor-spec' }));

  it('finishes what it began when NATS is wiped meanwhile, and takes new tasks', async () => {
    const bus = await NatsBus.connect({ url: server.url, name: 'executor-spec' });
    const place = aPlace();
    const results = await startOwner(bus, place.partition);
    const node = heldNode();
    const app = await startExecutor(bus, place.pool, { work: node.execute });
    await place.enqueue(bus, place.aTask());
    await until(() => expect(node.contexts).toHaveLength(1));
    await server.restart({ wipe: true });
    await until(() => expect(bus.isReady()).toBe(true));
    const again = () => place.enqueue(bus, place.aTask({ fence: 2000 })).catch(() => undefined);
    await vi.waitUntil(again, { timeout: 20_000, interval: 50 });
    node.finish({ outputs: { ok: true } });
    await until(() => expect(results[0]).toMatchObject({ outcome: { $case: 'completed' } }));
    await vi.waitUntil(async () => (await place.enqueue(bus, place.aTask({ attempt: 2 }))) === 'queued');
    await app.close();
    await bus.close();
  });
});

/** A node that works until the spec says what it came to. */
function heldNode() {
  const outcome = Promise.withResolvers<NodeOutcome>();
  const contexts: NodeContext[] = [];
  const execute = (_config: unknown, context: NodeContext) => {
    contexts.push(context);
    return outcome.promise;
  };
  return { contexts, execute, finish: outcome.resolve };
}

function describeExecutor(makeBus: () => Promise<MessageBus>): void {
  const apps: INestApplicationContext[] = [];
  const buses: MessageBus[] = [];
  const aBus = async () => {
    const bus = await makeBus();
    buses.push(bus);
    return bus;
  };
  const start = async (...args: Parameters<typeof startExecutor>) => {
    const app = await startExecutor(...args);
    apps.push(app);
    return app;
  };
  afterEach(async () => {
    await Promise.all(apps.splice(0).map((app) => app.close()));
    await Promise.all(buses.splice(0).map((bus) => bus.close()));
  });

  it('runs a task with its configuration and values, and forgets it when the result is committed', async () => {
    const bus = await aBus();
    const place = aPlace();
    const results = await startOwner(bus, place.partition);
    await start(bus, place.pool, {
      work: async (config: { greeting: string }, { read, warn, idempotencyKey }) => {
        warn('Mind the gap.');
        const name = read(['start', 'name']) ?? null;
        return {
          outputs: {
            text: config.greeting,
            name,
            absent: read(['start', 'no']) ?? null,
            idempotencyKey,
          },
        };
      },
    });
    const task = place.aTask({ configJson: '{"greeting":"Hello"}', valuesJson: '{"start.name":"Ann"}' });
    await place.enqueue(bus, task);
    await until(() => expect(results).toHaveLength(1));
    const { outcome, ...rest } = results[0]!;
    expect(rest).toMatchObject({
      runId: place.runId,
      nodeKey: 'node',
      attempt: 1,
      fence: 1000,
      partition: place.partition,
    });
    expect(outcome).toMatchObject({ $case: 'completed', value: { handle: '', warnings: ['Mind the gap.'] } });
    const outputs = outcome?.$case === 'completed' ? JSON.parse(outcome.value.outputsJson) : undefined;
    expect(outputs).toEqual({ text: 'Hello', name: 'Ann', absent: null, idempotencyKey: `${place.runId}/node` });
    await vi.waitUntil(async () => (await place.enqueue(bus, task)) === 'queued');
  });

  it('does a task later whose services are away, without a result in between', async () => {
    const bus = await aBus();
    const place = aPlace();
    const results = await startOwner(bus, place.partition);
    let tries = 0;
    await start(bus, place.pool, {
      work: async () => {
        tries += 1;
        if (tries < 3) throw FailureError.of('unavailable', 'The service cannot be reached.');
        return { outputs: { tries } };
      },
    });
    await place.enqueue(bus, place.aTask());
    await until(() => expect(results).toHaveLength(1));
    expect(results[0]).toMatchObject({
      attempt: 1,
      outcome: { $case: 'completed', value: { outputsJson: '{"tries":3}' } },
    });
  });

  it('makes failures of what a node throws, of an unknown type and of a passed deadline', async () => {
    const bus = await aBus();
    const place = aPlace();
    const results = await startOwner(bus, place.partition);
    await start(bus, place.pool, {
      refused: () => Promise.reject(FailureError.of('provider_rate_limited', 'Too much.', { retryAfterSeconds: 7 })),
      broken: () => Promise.reject(new Error('a secret')),
      endless: () => new Promise<never>(() => undefined),
    });
    for (const nodeType of ['refused', 'broken', 'unknown', 'endless', 'late']) {
      const deadlineUnixMs = nodeType === 'endless' ? Date.now() + 100 : nodeType === 'late' ? 1 : 0;
      const type = nodeType === 'late' ? 'endless' : nodeType;
      await place.enqueue(bus, place.aTask({ nodeKey: nodeType, nodeType: type, deadlineUnixMs }));
    }
    await until(() => expect(results).toHaveLength(5));
    const failures = Object.fromEntries(results.map(({ nodeKey, outcome }) => [nodeKey, outcome?.value]));
    expect(failures).toMatchObject({
      refused: { code: 'provider_rate_limited', retryable: true, retryAfterSeconds: 7 },
      broken: { code: 'internal', retryable: false, message: expect.not.stringContaining('secret') },
      unknown: { code: 'node_configuration' },
      endless: { code: 'node_timeout', retryable: true },
      late: { code: 'node_timeout' },
    });
  });

  it('keeps the result while no orchestrator is there, and delivers it when one appears', async () => {
    const bus = await aBus();
    const place = aPlace();
    let runs = 0;
    await start(bus, place.pool, {
      work: async () => {
        runs++;
        return { outputs: {} };
      },
    });
    await place.enqueue(bus, place.aTask());
    await until(() => expect(runs).toBe(1));
    expect(await place.enqueue(bus, place.aTask())).toBe('held');
    const results = await startOwner(bus, place.partition, (_result, count) =>
      count < 3 ? Verdict.VERDICT_RETRY : Verdict.VERDICT_REFUSED,
    );
    await until(() => expect(results).toHaveLength(3));
    await vi.waitUntil(async () => (await place.enqueue(bus, place.aTask({ attempt: 2 }))) === 'queued');
    await until(() => expect(runs).toBe(2));
    expect(new Set(results.map(({ executionId }) => executionId)).size).toBeLessThanOrEqual(2);
  });

  it('runs the task of a killed executor elsewhere, under a higher number', async () => {
    const [killed, other] = [await aBus(), await aBus()];
    const place = aPlace();
    const results = await startOwner(other, place.partition);
    const node = heldNode();
    await start(killed, place.pool, { work: node.execute }, { shutdownGraceSeconds: 0.1 });
    await place.enqueue(other, place.aTask());
    await until(() => expect(node.contexts).toHaveLength(1));
    await killed.close();
    await start(other, place.pool, { work: async () => ({ outputs: { by: 'other' } }) });
    await until(() => expect(results).toHaveLength(1));
    expect(results[0]).toMatchObject({ fence: 1001, outcome: { value: { outputsJson: '{"by":"other"}' } } });
    node.finish({ outputs: { by: 'killed' } });
  });

  it('streams text in deltas that join without gaps, and answers late readers with the text so far', async () => {
    const bus = await aBus();
    const place = aPlace();
    const results = await startOwner(bus, place.partition);
    const deltas: Delta[] = [];
    await bus.subscribe(runDeltasSubject(place.runId), (delta) => deltas.push(delta));
    const node = heldNode();
    await start(bus, place.pool, { work: node.execute });
    expect(await bus.requestAll(textSoFarSubject, { runId: place.runId }, 100)).toEqual([]);
    await place.enqueue(bus, place.aTask());
    await until(() => expect(node.contexts).toHaveLength(1));
    for (const piece of ['Once ', 'upon ', 'a ', 'time 🧵']) node.contexts[0]?.emitText(piece);
    const text = () => deltas.toSorted((one, two) => one.offset - two.offset).reduce((sum, each) => (each.offset === sum.length ? sum + each.text : sum), ''); // biome-ignore format: one thought
    await until(() => expect(text()).toBe('Once upon a time 🧵'));
    const answers = await bus.requestAll(textSoFarSubject, { runId: place.runId }, 300);
    expect(answers.flatMap((answer) => answer.texts)).toMatchObject([
      { nodeKey: 'node', offset: 0, text: 'Once upon a time 🧵' },
    ]);
    expect(await bus.requestAll(textSoFarSubject, { runId: 'another' }, 100)).toEqual([]);
    node.contexts[0]?.emitText('!');
    node.finish({ outputs: {} });
    await until(() => expect(results).toHaveLength(1));
    await until(() => expect(text()).toBe('Once upon a time 🧵!'));
    expect(deltas.every(({ executionId }) => executionId === results[0]?.executionId)).toBe(true);
  });

  it('stops the tasks of a run that has ended, and begins none of them that come later', async () => {
    const bus = await aBus();
    const place = aPlace();
    const results = await startOwner(bus, place.partition);
    const [ended, other] = [heldNode(), heldNode()];
    await start(bus, place.pool, { work: ended.execute, other: other.execute });
    await place.enqueue(bus, place.aTask());
    const goesOn = `${place.runId}-goes-on`;
    await place.enqueue(bus, place.aTask({ runId: goesOn, nodeType: 'other' }));
    await until(() => expect([ended.contexts.length, other.contexts.length]).toEqual([1, 1]));
    bus.publish(runEndedSubject, { runId: place.runId });
    await until(() => expect(ended.contexts[0]?.signal.aborted).toBe(true));
    // Each time the queue takes the task, it has forgotten the one before.
    for (let times = 0; times < 2; times += 1)
      await vi.waitUntil(async () => (await place.enqueue(bus, place.aTask())) === 'queued', { timeout: 30_000 });
    expect(other.contexts[0]?.signal.aborted).toBe(false);
    other.finish({ outputs: {} });
    await until(() => expect(results.map(({ runId }) => runId)).toEqual([goesOn]));
    expect(ended.contexts).toHaveLength(1);
  });

  it('lets running tasks end when it stops', async () => {
    const bus = await aBus();
    const place = aPlace();
    const results = await startOwner(bus, place.partition);
    const node = heldNode();
    const app = await start(bus, place.pool, { work: node.execute }, { shutdownGraceSeconds: 30 });
    await place.enqueue(bus, place.aTask());
    await until(() => expect(node.contexts).toHaveLength(1));
    const closing = app.close();
    node.finish({ outputs: {} });
    await closing;
    expect(results).toHaveLength(1);
    await vi.waitUntil(async () => (await place.enqueue(bus, place.aTask())) === 'queued');
  });

  it('hands back at once what outlasts the grace, and stops the node', async () => {
    const bus = await aBus();
    const place = aPlace();
    const results = await startOwner(bus, place.partition);
    const node = heldNode();
    const app = await start(bus, place.pool, { work: node.execute }, { shutdownGraceSeconds: 0.1, leaseSeconds: 60 });
    await place.enqueue(bus, place.aTask());
    await until(() => expect(node.contexts).toHaveLength(1));
    await app.close();
    expect(node.contexts[0]?.signal.aborted).toBe(true);
    expect(results).toEqual([]);
    await start(bus, place.pool, { work: async () => ({ outputs: { by: 'next' } }) }, { leaseSeconds: 60 });
    await until(() => expect(results).toMatchObject([{ outcome: { $case: 'completed' } }]));
  });

  it('goes on with what comes with a receipt, for a while in a row and in the same place', async () => {
    const bus = await aBus();
    const place = aPlace();
    const nextOf = ({ attempt }: Result) => place.aTask({ nodeKey: 'next', attempt: attempt + 1 });
    const results = await startOwner(bus, place.partition, undefined, nextOf);
    let [working, most] = [0, 0];
    const work = async () => {
      most = Math.max(most, ++working);
      await Promise.resolve();
      working--;
      return { outputs: {} };
    };
    await start(bus, place.pool, { work }, { concurrency: 1 });
    await place.enqueue(bus, place.aTask());
    await place.enqueue(bus, place.aTask({ nodeKey: 'other', attempt: 100 }));
    await until(() => expect(results).toHaveLength(64));
    expect(most).toBe(1);
    expect(results.map(({ attempt }) => attempt)).toEqual([
      ...Array.from({ length: 32 }, (_, place) => place + 1),
      ...Array.from({ length: 32 }, (_, place) => place + 100),
    ]);
    expect(results.map(({ takesNext }) => takesNext).filter((takes) => !takes)).toHaveLength(2);
  });

  it('puts what came with a receipt on the queue when it cannot end it', async () => {
    const bus = await aBus();
    const place = aPlace();
    const nextOf = ({ nodeKey }: Result) => (nodeKey === 'node' ? place.aTask({ nodeKey: 'next' }) : undefined);
    const results = await startOwner(bus, place.partition, undefined, nextOf);
    const held = heldNode();
    const work = (config: unknown, context: NodeContext) =>
      results.length === 0 ? Promise.resolve({ outputs: {} }) : held.execute(config, context);
    const app = await start(bus, place.pool, { work }, { shutdownGraceSeconds: 0.1, leaseSeconds: 60 });
    await place.enqueue(bus, place.aTask());
    await until(() => expect(held.contexts).toHaveLength(1));
    await app.close();
    await start(bus, place.pool, { work: async () => ({ outputs: { by: 'other' } }) }, { leaseSeconds: 60 });
    await until(() => expect(results).toHaveLength(2));
    expect(results[1]).toMatchObject({ nodeKey: 'next', fence: 1001, outcome: { $case: 'completed' } });
  });

  it('hands back a result that nobody took when the grace is over', async () => {
    const bus = await aBus();
    const place = aPlace();
    let runs = 0;
    const work = async () => {
      runs++;
      return { outputs: {} };
    };
    const app = await start(bus, place.pool, { work }, { shutdownGraceSeconds: 0.1, leaseSeconds: 60 });
    await place.enqueue(bus, place.aTask());
    await until(() => expect(runs).toBe(1));
    await app.close();
    const results = await startOwner(bus, place.partition);
    await start(bus, place.pool, { work }, { leaseSeconds: 60 });
    await until(() => expect(results).toMatchObject([{ outcome: { $case: 'completed' } }]));
  });
}
