import { FailureError } from '@treadle/failure';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  aQuestion,
  aQueue,
  aSubject,
  done,
  heldHandler,
  type MakeBus,
  nothingHappensFor,
  options,
  until,
} from './contract-parts.contract.js';
import type { Delivery, MessageBus } from './message-bus.js';
import { describeConsumers } from './queue-consumer.contract.js';

/**
 * Every sentence of the port, for any adapter.
 * @param makeBus gives a bus that reaches the other buses it gave in the same spec.
 */
export function describeMessageBus(name: string, makeBus: () => Promise<MessageBus>): void {
  describe(name, () => {
    const buses: MessageBus[] = [];
    const aBus = async () => {
      const bus = await makeBus();
      buses.push(bus);
      return bus;
    };

    afterEach(async () => {
      await Promise.all(buses.splice(0).map((bus) => bus.close()));
    });

    describeAnnouncements(aBus);
    describeQuestions(aBus);
    describeQueues(aBus);
    describeConsumers(aBus);
    describeLoss(aBus);
  });
}

function describeAnnouncements(aBus: MakeBus): void {
  it('announces to everybody who listens, in order, and never inside the stack of the publisher', async () => {
    const [bus, other] = [await aBus(), await aBus()];
    const subject = aSubject();
    const heard: string[][] = [[], []];
    await bus.subscribe(subject, (message) => heard[0]?.push(message));
    await other.subscribe(subject, (message) => heard[1]?.push(message));
    bus.publish(subject, 'one');
    bus.publish(subject, 'two');
    expect(heard).toEqual([[], []]);
    await until(() =>
      expect(heard).toEqual([
        ['one', 'two'],
        ['one', 'two'],
      ]),
    );
  });

  it('publishes to nobody without failing, and tells nobody who has closed', async () => {
    const bus = await aBus();
    const subject = aSubject();
    const heard: string[] = [];
    bus.publish(subject, 'before');
    const gone = await bus.subscribe(subject, () => heard.push('gone'));
    await bus.subscribe(subject, (message) => heard.push(message));
    await gone.close();
    bus.publish(subject, 'after');
    await until(() => expect(heard).toEqual(['after']));
  });

  it('tells the others when one subscriber throws', async () => {
    const bus = await aBus();
    const subject = aSubject();
    const heard: string[] = [];
    await bus.subscribe(subject, () => {
      throw new Error('on purpose');
    });
    await bus.subscribe(subject, (message) => heard.push(message));
    bus.publish(subject, 'one');
    bus.publish(subject, 'two');
    await until(() => expect(heard).toEqual(['one', 'two']));
  });
}

function describeQuestions(aBus: MakeBus): void {
  it('answers a question of another process', async () => {
    const [bus, other] = [await aBus(), await aBus()];
    const subject = aQuestion();
    await other.respond(subject, async (question) => `${question}!`);
    expect(await bus.request(subject, 'hello', 10_000)).toBe('hello!');
  });

  it('says unavailable when nobody listens, also after the responder has closed', async () => {
    const bus = await aBus();
    const subject = aQuestion();
    await expect(bus.request(subject, 'hello', 10_000)).rejects.toSatisfy(hasCode('unavailable'));
    const responder = await bus.respond(subject, async () => 'yes');
    await responder.close();
    await expect(bus.request(subject, 'hello', 10_000)).rejects.toSatisfy(hasCode('unavailable'));
  });

  it('says deadline_exceeded when the responder stays silent or throws', async () => {
    const bus = await aBus();
    const [silent, broken] = [aQuestion(), aQuestion()];
    await bus.respond(silent, async () => undefined);
    await bus.respond(broken, async () => {
      throw new Error('on purpose');
    });
    await expect(bus.request(silent, 'hello', 50)).rejects.toSatisfy(hasCode('deadline_exceeded'));
    await expect(bus.request(broken, 'hello', 50)).rejects.toSatisfy(hasCode('deadline_exceeded'));
  });

  it('takes the answer of the one who has it when another is silent', async () => {
    const [bus, other] = [await aBus(), await aBus()];
    const subject = aQuestion();
    await bus.respond(subject, async () => undefined);
    await other.respond(subject, async () => 'mine');
    expect(await bus.request(subject, 'whose?', 10_000)).toBe('mine');
  });

  it('gathers the answers of all who have one', async () => {
    const [bus, other] = [await aBus(), await aBus()];
    const subject = aQuestion();
    expect(await bus.requestAll(subject, 'who?', 50)).toEqual([]);
    await bus.respond(subject, async () => 'first');
    await bus.respond(subject, async () => undefined);
    await other.respond(subject, async () => 'second');
    const answers = await bus.requestAll(subject, 'who?', 500);
    expect(answers.toSorted()).toEqual(['first', 'second']);
  });

  it('waits for the answers under way when a responder closes', async () => {
    const bus = await aBus();
    const subject = aQuestion();
    const asked = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<string>();
    const responder = await bus.respond(subject, () => {
      asked.resolve();
      return answer.promise;
    });
    const request = bus.request(subject, 'hello', 10_000);
    await asked.promise;
    const closing = responder.close();
    answer.resolve('late');
    expect(await request).toBe('late');
    await closing;
  });
}

function describeQueues(aBus: MakeBus): void {
  it('keeps messages until somebody works on them, and delivers each once', async () => {
    const bus = await aBus();
    const queue = aQueue();
    for (const key of ['a', 'b', 'c']) expect(await bus.enqueue(queue, key, key)).toBe('queued');
    const seen: Delivery<string>[] = [];
    await bus.consume(queue, options, async (delivery) => {
      seen.push(delivery);
      return done;
    });
    await until(() => expect(seen).toHaveLength(3));
    expect(seen.map((each) => [each.message, each.delivery])).toEqual([
      ['a', 1],
      ['b', 1],
      ['c', 1],
    ]);
  });

  it('does not put a key twice while it waits or is worked on, and puts it again when it is done', async () => {
    const bus = await aBus();
    const queue = aQueue();
    const { calls, handler } = heldHandler();
    expect(await bus.enqueue(queue, 'key', 'first')).toBe('queued');
    expect(await bus.enqueue(queue, 'key', 'second')).toBe('held');
    await bus.consume(queue, options, handler);
    await until(() => expect(calls).toHaveLength(1));
    expect(await bus.enqueue(queue, 'key', 'third')).toBe('held');
    calls[0]?.answer(done);
    await vi.waitUntil(async () => (await bus.enqueue(queue, 'key', 'fourth')) === 'queued');
    await until(() => expect(calls.map((each) => each.delivery.message)).toEqual(['first', 'fourth']));
    calls[1]?.answer(done);
  });

  it('says how full a queue is, and how long the first message has waited', async () => {
    const bus = await aBus();
    const queue = aQueue();
    const { calls, handler } = heldHandler();
    const family = { stream: queue.stream, prefix: 'contract.v1' };
    const backlog = async () => (await bus.backlogs(family)).queues.find(({ pool }) => pool === queue.pool);
    await bus.enqueue(queue, 'before', 'before');
    expect((await bus.backlogs(family)).unserved).toBeGreaterThan(0);
    await bus.consume(queue, { ...options, concurrency: 1 }, handler);
    await until(() => expect(calls).toHaveLength(1));
    expect(await backlog()).toMatchObject({ waiting: 0, held: 1, oldestSeconds: 0 });
    for (const key of ['second', 'third']) await bus.enqueue(queue, key, key);
    expect(await backlog()).toMatchObject({ waiting: 2, held: 1, oldestSeconds: expect.any(Number) });
    await vi.waitUntil(async () => ((await backlog())?.oldestSeconds ?? 0) > 0.02);
    calls[0]?.answer(done);
    await until(() => expect(calls).toHaveLength(2));
    await vi.waitUntil(async () => (await backlog())?.waiting === 1);
    calls[1]?.answer(done);
    await until(() => expect(calls).toHaveLength(3));
    calls[2]?.answer(done);
    await vi.waitUntil(async () => (await backlog())?.held === 0);
  });

  it('takes any text for a key', async () => {
    const bus = await aBus();
    const queue = aQueue();
    const keys = ['run.each[3]/llm.1', 'a b', 'ä>*', '.', '..', '%', '%2E', ''];
    for (const key of keys) expect(await bus.enqueue(queue, key, key)).toBe('queued');
    for (const key of keys) expect(await bus.enqueue(queue, key, key)).toBe('held');
    expect(await bus.enqueue(queue, 'x'.repeat(5000), 'long')).toBe('queued');
    const seen: string[] = [];
    await bus.consume(queue, options, async ({ message }) => {
      seen.push(message);
      return done;
    });
    await until(() => expect(seen.toSorted()).toEqual([...keys, 'long'].toSorted()));
  });

  it('puts many at once without being asked to wait between them', async () => {
    const bus = await aBus();
    const queue = aQueue();
    const keys = Array.from({ length: 500 }, (_, index) => `key-${index}`);
    const answers = await Promise.all(keys.map((key) => bus.enqueue(queue, key, key)));
    expect(new Set(answers)).toEqual(new Set(['queued']));
    const seen = new Set<string>();
    await bus.consume(queue, options, async ({ message }) => {
      seen.add(message);
      return done;
    });
    await until(() => expect(seen.size).toBe(500));
  });

  it('keeps the pools of a stream apart', async () => {
    const bus = await aBus();
    const [one, two] = [aQueue(), aQueue()];
    const seen: string[] = [];
    const collect = (mark: string) => async (delivery: Delivery<string>) => {
      seen.push(mark + delivery.message);
      return done;
    };
    await bus.consume(one, options, collect('1'));
    await bus.consume(two, options, collect('2'));
    await bus.enqueue(one, 'same', 'a');
    await bus.enqueue(two, 'same', 'b');
    await until(() => expect(seen.toSorted()).toEqual(['1a', '2b']));
  });
}

function describeLoss(aBus: MakeBus): void {
  it('keeps the lease of a handler that takes longer than it', async () => {
    const [bus, other] = [await aBus(), await aBus()];
    const queue = aQueue();
    const { calls, handler } = heldHandler();
    const short = { concurrency: 4, leaseMs: 800 };
    await bus.consume(queue, short, handler);
    await other.consume(queue, short, handler);
    await bus.enqueue(queue, 'key', 'message');
    await until(() => expect(calls).toHaveLength(1));
    await nothingHappensFor(3 * short.leaseMs);
    expect(calls).toHaveLength(1);
    calls[0]?.answer(done);
    await vi.waitUntil(async () => (await bus.enqueue(queue, 'key', 'again')) === 'queued');
  });

  it('delivers to somebody else, counted, when the holder has been silent for its lease', async () => {
    const [bus, other] = [await aBus(), await aBus()];
    const queue = aQueue();
    const lost = heldHandler();
    await bus.consume(queue, { concurrency: 4, leaseMs: 800 }, lost.handler);
    await bus.enqueue(queue, 'key', 'message');
    await until(() => expect(lost.calls).toHaveLength(1));
    await bus.close();
    lost.calls[0]?.answer(done);
    expect(await other.enqueue(queue, 'key', 'again')).toBe('held');
    const taken: Delivery<string>[] = [];
    await other.consume(queue, { concurrency: 4, leaseMs: 800 }, async (delivery) => {
      taken.push(delivery);
      return done;
    });
    await until(() => expect(taken).toEqual([{ message: 'message', delivery: 2 }]));
  });

  it('is ready until it is closed; then it refuses what needs an answer and drops what does not', async () => {
    const bus = await aBus();
    expect(bus.isReady()).toBe(true);
    await bus.close();
    expect(bus.isReady()).toBe(false);
    bus.publish(aSubject(), 'nothing');
    await expect(bus.enqueue(aQueue(), 'key', 'message')).rejects.toSatisfy(hasCode('unavailable'));
    await expect(bus.request(aQuestion(), 'hello', 50)).rejects.toSatisfy(hasCode('unavailable'));
  });
}

const hasCode = (code: string) => (error: unknown) => error instanceof FailureError && error.failure.code === code;
