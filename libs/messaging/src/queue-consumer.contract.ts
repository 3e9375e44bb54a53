import { expect, it, vi } from 'vitest';
import {
  aQueue,
  done,
  heldHandler,
  type MakeBus,
  nothingHappensFor,
  options,
  until,
} from './contract-parts.contract.js';

/** What who works on a queue may rely on. */
export function describeConsumers(aBus: MakeBus): void {
  it('delivers again what is handed back, after the delay and counted', async () => {
    const bus = await aBus();
    const queue = aQueue();
    const seen: { delivery: number; at: number }[] = [];
    await bus.consume(queue, options, async ({ delivery }) => {
      seen.push({ delivery, at: performance.now() });
      if (delivery === 3) return done;
      return { kind: 'later', delayMs: delivery === 1 ? 0 : 200 };
    });
    await bus.enqueue(queue, 'key', 'message');
    await until(() => expect(seen.map((each) => each.delivery)).toEqual([1, 2, 3]));
    expect((seen[2]?.at ?? 0) - (seen[1]?.at ?? 0)).toBeGreaterThan(150);
  });

  it('holds the key while a message waits for its delay', async () => {
    const bus = await aBus();
    const queue = aQueue();
    let deliveries = 0;
    const consumer = await bus.consume(queue, options, async () => {
      deliveries++;
      return { kind: 'later', delayMs: 60_000 };
    });
    await bus.enqueue(queue, 'key', 'message');
    await until(() => expect(deliveries).toBe(1));
    await consumer.close();
    expect(await bus.enqueue(queue, 'key', 'again')).toBe('held');
  });

  it('delivers again after a second when the handler throws', async () => {
    const bus = await aBus();
    const queue = aQueue();
    const seen: number[] = [];
    await bus.consume(queue, options, async ({ delivery }) => {
      seen.push(delivery);
      if (delivery === 1) throw new Error('on purpose');
      return done;
    });
    await bus.enqueue(queue, 'key', 'message');
    await until(() => expect(seen).toEqual([1, 2]));
  });

  it('drops what can never be handled, and frees its key', async () => {
    const bus = await aBus();
    const queue = aQueue();
    const seen: string[] = [];
    await bus.consume(queue, options, async ({ message }) => {
      seen.push(message);
      return message === 'bad' ? { kind: 'never', reason: 'on purpose' } : done;
    });
    await bus.enqueue(queue, 'key', 'bad');
    await vi.waitUntil(async () => (await bus.enqueue(queue, 'key', 'good')) === 'queued');
    await until(() => expect(seen).toEqual(['bad', 'good']));
  });

  it('never gives a handler more than it may hold, and fills the room that gets free', async () => {
    const bus = await aBus();
    const queue = aQueue();
    const { calls, handler } = heldHandler();
    await bus.consume(queue, { ...options, concurrency: 2 }, handler);
    await Promise.all(['a', 'b', 'c', 'd'].map((key) => bus.enqueue(queue, key, key)));
    await until(() => expect(calls).toHaveLength(2));
    await nothingHappensFor(100);
    expect(calls).toHaveLength(2);
    calls[0]?.answer(done);
    await until(() => expect(calls).toHaveLength(3));
    calls[1]?.answer(done);
    await until(() => expect(calls).toHaveLength(4));
    calls.slice(2).forEach((call) => call.answer(done));
  });

  it('forgets a message that is done, and keeps its place while its handler goes on', async () => {
    const bus = await aBus();
    const queue = aQueue();
    const rest = Promise.withResolvers<void>();
    const seen: string[] = [];
    const consumer = await bus.consume(queue, { ...options, concurrency: 1 }, async ({ message }) => {
      seen.push(message);
      return seen.length === 1 ? { kind: 'done', rest: rest.promise } : done;
    });
    await bus.enqueue(queue, 'key', 'first');
    await until(() => expect(seen).toHaveLength(1));
    await vi.waitUntil(async () => (await bus.enqueue(queue, 'key', 'second')) === 'queued');
    await nothingHappensFor(100);
    expect(seen).toEqual(['first']);
    rest.resolve();
    await until(() => expect(seen).toEqual(['first', 'second']));
    await consumer.close();
  });

  it('waits for what goes on in a place when it is closed', async () => {
    const bus = await aBus();
    const queue = aQueue();
    const rest = Promise.withResolvers<void>();
    let begun = false;
    const consumer = await bus.consume(queue, options, async () => {
      begun = true;
      return { kind: 'done', rest: rest.promise };
    });
    await bus.enqueue(queue, 'key', 'message');
    await until(() => expect(begun).toBe(true));
    let closed = false;
    const closing = consumer.close().then(() => {
      closed = true;
    });
    await nothingHappensFor(50);
    expect(closed).toBe(false);
    rest.resolve();
    await closing;
  });

  it('stops taking when closed, waits for the handlers, and leaves the rest to others at once', async () => {
    const [bus, other] = [await aBus(), await aBus()];
    const queue = aQueue();
    const { calls, handler } = heldHandler();
    const consumer = await bus.consume(queue, { concurrency: 1, leaseMs: 60_000 }, handler);
    await Promise.all(['a', 'b', 'c'].map((key) => bus.enqueue(queue, key, key)));
    await until(() => expect(calls).toHaveLength(1));
    let closed = false;
    const closing = consumer.close().then(() => {
      closed = true;
    });
    const seen: string[] = [];
    await other.consume(queue, { concurrency: 8, leaseMs: 60_000 }, async ({ message }) => {
      seen.push(message);
      return done;
    });
    await until(() => expect(seen.toSorted()).toEqual(['b', 'c']));
    expect(closed).toBe(false);
    calls[0]?.answer({ kind: 'later', delayMs: 0 });
    await closing;
    await until(() => expect(seen.toSorted()).toEqual(['a', 'b', 'c']));
    expect(calls).toHaveLength(1);
  });
}
