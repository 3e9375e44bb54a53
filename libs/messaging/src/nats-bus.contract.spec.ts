import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { type NatsServer, natsAvailable, startNatsServer } from '@treadle/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { aQuestion, aQueue, aSubject, heldHandler, until } from './contract-parts.contract.js';
import { describeMessageBus } from './message-bus.contract.js';
import type { MessageBus } from './message-bus.js';
import { NatsBus } from './nats-bus.js';

describe.skipIf(!natsAvailable())('against a real nats-server', () => {
  let server: NatsServer;
  const buses: MessageBus[] = [];
  const aBus = async () => {
    const bus = await NatsBus.connect({ url: server.url, name: 'contract' });
    buses.push(bus);
    return bus;
  };

  beforeAll(async () => {
    server = await startNatsServer();
  });
  afterAll(() => server.stop());
  afterEach(async () => {
    await Promise.all(buses.splice(0).map((bus) => bus.close()));
  });

  describeMessageBus('NatsBus', aBus);

  /** Enqueues as an orchestrator does: again, until it is certain. */
  const enqueueForSure = (bus: MessageBus, queue: ReturnType<typeof aQueue>, key: string) =>
    vi.waitUntil(() => bus.enqueue(queue, key, key).catch(() => undefined), { timeout: 20_000, interval: 50 });

  const consumed = async (bus: MessageBus, queue: ReturnType<typeof aQueue>) => {
    const seen: string[] = [];
    await bus.consume(queue, { concurrency: 4, leaseMs: 10_000 }, async ({ message }) => {
      seen.push(message);
      return { kind: 'done' };
    });
    return seen;
  };

  it('finds its way when the stream is deleted under consumers and publishers', async () => {
    const [bus, other] = [await aBus(), await aBus()];
    const queue = aQueue();
    const seen = await consumed(bus, queue);
    await other.enqueue(queue, 'before', 'before');
    await until(() => expect(seen).toEqual(['before']));
    const connection = await connect({ servers: server.url });
    await (await jetstreamManager(connection)).streams.delete(queue.stream);
    await connection.close();
    expect(await other.enqueue(queue, 'after', 'after')).toBe('queued');
    await until(() => expect(seen).toEqual(['before', 'after']));
  });

  it('makes a queue anew that keeps its messages to itself', { timeout: 60_000 }, async () => {
    const bus = await aBus();
    const queue = aQueue();
    const connection = await connect({ servers: server.url });
    const manager = await jetstreamManager(connection);
    const { calls, handler } = heldHandler();
    await bus.consume(queue, { concurrency: 4, leaseMs: 60_000 }, handler);
    const [{ created } = { created: '' }] = await manager.streams.list().next();
    // Stands for a stream that has lost its files: the message in work fills the only place, so no other is given out.
    await bus.enqueue(queue, 'in work', 'in work');
    await until(() => expect(calls).toHaveLength(1));
    await manager.consumers.update(queue.stream, queue.pool, { max_ack_pending: 1 });
    await bus.enqueue(queue, 'kept back', 'kept back');
    const isAnew = async () => (await manager.streams.info(queue.stream).catch(() => undefined))?.created !== created;
    await vi.waitUntil(isAnew, { timeout: 40_000, interval: 100 });
    await enqueueForSure(bus, queue, 'kept back');
    await until(() => expect(calls.map(({ delivery }) => delivery.message)).toEqual(['in work', 'kept back']));
    for (const call of calls) call.answer({ kind: 'done' });
    await connection.close();
  });

  it('goes on after a restart of the server with the same store, and loses nothing that was queued', async () => {
    const bus = await aBus();
    const queue = aQueue();
    await bus.enqueue(queue, 'kept', 'kept');
    await server.restart();
    await until(() => expect(bus.isReady()).toBe(true));
    const seen = await consumed(bus, queue);
    await until(() => expect(seen).toEqual(['kept']));
    await enqueueForSure(bus, queue, 'new');
    await until(() => expect(seen).toEqual(['kept', 'new']));
  });

  it('comes back by itself when the server is killed and returns empty', async () => {
    const [bus, other] = [await aBus(), await aBus()];
    const [queue, subject, question] = [aQueue(), aSubject(), aQuestion()];
    const seen = await consumed(bus, queue);
    const heard: string[] = [];
    await other.subscribe(subject, (message) => heard.push(message));
    await other.respond(question, async (asked) => asked);
    await server.kill();
    await until(() => expect(bus.isReady()).toBe(false));
    await expect(bus.enqueue(queue, 'away', 'away')).rejects.toMatchObject({ failure: { code: 'unavailable' } });
    await server.restart({ wipe: true });
    await until(() => expect(bus.isReady() && other.isReady()).toBe(true));
    await enqueueForSure(other, queue, 'back');
    await until(() => expect(seen).toEqual(['back']));
    bus.publish(subject, 'news');
    await until(() => expect(heard).toEqual(['news']));
    expect(await bus.request(question, 'echo', 10_000)).toBe('echo');
  });

  it('does not let a verdict on a lost message fall on one of the new stream', async () => {
    const bus = await aBus();
    const queue = aQueue();
    const { calls, handler } = heldHandler();
    await bus.consume(queue, { concurrency: 1, leaseMs: 10_000 }, handler);
    await bus.enqueue(queue, 'old', 'old');
    await until(() => expect(calls).toHaveLength(1));
    await server.restart({ wipe: true });
    await until(() => expect(bus.isReady()).toBe(true));
    await enqueueForSure(bus, queue, 'new');
    calls[0]?.answer({ kind: 'done' });
    await until(() => expect(calls[1]?.delivery).toEqual({ message: 'new', delivery: 1 }));
    calls[1]?.answer({ kind: 'done' });
  });

  it('refuses a message that is larger than the server takes', async () => {
    const bus = await aBus();
    const queue = aQueue();
    const large = 'x'.repeat(2 * 1024 * 1024);
    await expect(bus.enqueue(queue, 'key', large)).rejects.toMatchObject({ failure: { code: 'payload_too_large' } });
    bus.publish(aSubject(), large);
  });
});
