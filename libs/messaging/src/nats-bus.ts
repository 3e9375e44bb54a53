import { setTimeout as wait } from 'node:timers/promises';
import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { createInbox, type Msg, type NatsConnection, RequestError, TimeoutError } from '@nats-io/transport-node';
import type { Codec, Queue, RequestSubject, Subject } from '@treadle/contracts';
import { FailureError } from '@treadle/failure';
import { type BusLog, silentLog } from './bus-log.js';
import type {
  Backlogs,
  ConsumeOptions,
  Delivery,
  MessageBus,
  QueueFamily,
  Subscription,
  Verdict,
} from './message-bus.js';
import { natsBacklogs } from './nats-backlogs.js';
import { connectToNats, followConnection, type NatsTls } from './nats-connection.js';
import { NatsQueueConsumer } from './nats-queue-consumer.js';
import {
  consumerProgress,
  ensureConsumer,
  ensureStream,
  keyToken,
  type QueuePlace,
  removalMs,
  subjectHeld,
} from './nats-streams.js';
import { Running, settledWithin } from './running.js';

export interface NatsBusOptions {
  /** One or several addresses with credentials, for example `nats://user:password@host:4222,nats://other:4222`. */
  readonly url: string;
  /** Shown in the server's list of connections. */
  readonly name: string;
  /** Copies of a stream in a cluster; 1 where there is a single server. */
  readonly replicas?: number;
  /** Servers without such a certificate are refused; without it the address says whether TLS is asked for. */
  readonly tls?: NatsTls | undefined;
  readonly log?: BusLog;
}

const enqueueTimeoutMs = 5000;
const flushTimeoutMs = 1000;

/**
 * The bus over NATS: core messages for announcements and questions, one JetStream work queue for tasks. Streams and consumers
 * are made on first use and again whenever they are found missing. `close` is sudden: close consumers first to hand back in good order.
 */
export class NatsBus implements MessageBus {
  readonly #consumers = new Set<{ lose(): void; recover(): Promise<void> }>();
  readonly #ensured = new Map<string, Promise<void>>();
  #connected = true;

  private constructor(
    private readonly connection: NatsConnection,
    private readonly manager: JetStreamManager,
    private readonly log: BusLog,
    private readonly replicas: number,
  ) {
    void followConnection(connection, log, (connected) => this.#connectionChanged(connected));
  }

  /** Resolves when the server has been reached, however long that takes. */
  static async connect(options: NatsBusOptions): Promise<NatsBus> {
    const log = options.log ?? silentLog;
    const connection = await connectToNats(options.url, options.name, log, options.tls);
    const manager = await jetstreamManager(connection, { checkAPI: false });
    return new NatsBus(connection, manager, log, options.replicas ?? 1);
  }

  publish<T>(subject: Subject<T>, message: T): void {
    // Listeners of now are not served by a message that waits for the connection.
    if (!this.isReady()) return;
    try {
      this.connection.publish(subject.name, this.#encode(subject.codec, message));
    } catch (error) {
      this.log.error({ err: error, subject: subject.name }, 'A message could not be published; it is dropped.');
    }
  }

  async subscribe<T>(subject: Subject<T>, handler: (message: T) => void): Promise<Subscription> {
    return this.#listen(subject.name, (message) => handler(subject.codec.decode(message.data)));
  }

  async request<Q, A>(subject: RequestSubject<Q, A>, question: Q, timeoutMs: number): Promise<A> {
    if (!this.isReady()) throw notConnected();
    const bytes = this.#encode(subject.question, question);
    const answer = await this.connection
      .request(subject.name, bytes, { timeout: timeoutMs })
      .catch((error: unknown) => {
        throw requestFailure(error, subject.name, timeoutMs);
      });
    return subject.answer.decode(answer.data);
  }

  async requestAll<Q, A>(subject: RequestSubject<Q, A>, question: Q, timeoutMs: number): Promise<A[]> {
    if (!this.isReady()) return [];
    const bytes = this.#encode(subject.question, question);
    const answers: A[] = [];
    const inbox = createInbox();
    const enough = Promise.withResolvers<void>();
    const hear = (message: Msg) => {
      if (message.headers?.code === 503) enough.resolve();
      else answers.push(subject.answer.decode(message.data));
    };
    const subscription = this.connection.subscribe(inbox, { callback: this.#guarded(inbox, hear) });
    this.connection.publish(subject.name, bytes, { reply: inbox });
    await settledWithin(enough.promise, timeoutMs);
    subscription.unsubscribe();
    return answers;
  }

  async respond<Q, A>(
    subject: RequestSubject<Q, A>,
    handler: (question: Q) => Promise<A | undefined>,
  ): Promise<Subscription> {
    const running = new Running();
    const answer = async (message: Msg) => {
      try {
        const said = await handler(subject.question.decode(message.data));
        if (said !== undefined && !this.connection.isClosed()) message.respond(this.#encode(subject.answer, said));
      } catch (error) {
        const facts = { err: error, subject: subject.name };
        this.log.error(facts, 'A responder threw; the asker gets no answer and asks again.');
      }
    };
    const subscription = await this.#listen(subject.name, (message) => void running.track(() => answer(message)));
    return {
      close: async () => {
        await subscription.close();
        await running.drained();
      },
    };
  }

  async enqueue<T>(queue: Queue<T>, key: string, message: T): Promise<'queued' | 'held'> {
    const bytes = this.#encode(queue.codec, message);
    const subject = `${queue.prefix}.${keyToken(key)}`;
    if (!this.isReady()) throw notConnected();
    try {
      await this.#ensuredStream(queue);
      return await this.#put(subject, bytes);
    } catch (error) {
      if (!isNoResponders(error)) throw notCertain(error);
    }
    return this.#putAfterLoss(queue, subject, bytes);
  }

  async consume<T>(
    queue: Queue<T>,
    options: ConsumeOptions,
    handler: (delivery: Delivery<T>) => Promise<Verdict>,
  ): Promise<Subscription> {
    if (this.connection.isClosed()) throw notConnected();
    const context = {
      connection: this.connection,
      log: this.log,
      isConnected: () => this.isReady(),
      ensure: () => ensureConsumer(this.manager, queue, options.leaseMs, this.replicas),
      progress: () => consumerProgress(this.manager, queue),
      discard: async () => void (await this.manager.streams.delete(queue.stream)),
    };
    const consumer = new NatsQueueConsumer(context, queue, options, handler);
    this.#consumers.add(consumer);
    await consumer.recover();
    return {
      close: async () => {
        await consumer.close();
        this.#consumers.delete(consumer);
      },
    };
  }

  async backlogs(family: QueueFamily): Promise<Backlogs> {
    if (!this.isReady()) throw notConnected();
    return natsBacklogs(this.manager, family);
  }

  isReady(): boolean {
    return this.#connected && !this.connection.isClosed();
  }

  async close(): Promise<void> {
    if (this.connection.isClosed()) return;
    for (const consumer of this.#consumers) consumer.lose();
    await this.#flush();
    await this.connection.close();
  }

  #connectionChanged(connected: boolean): void {
    this.#connected = connected;
    if (!connected) return;
    // The server may have come back empty.
    this.#ensured.clear();
    for (const consumer of this.#consumers) void consumer.recover();
  }

  async #listen(name: string, handler: (message: Msg) => void): Promise<Subscription> {
    if (this.connection.isClosed()) throw notConnected();
    const subscription = this.connection.subscribe(name, { callback: this.#guarded(name, handler) });
    await this.#flush();
    return { close: async () => subscription.unsubscribe() };
  }

  /** A thrown error must not reach the client's reader. */
  #guarded(name: string, handler: (message: Msg) => void): (error: Error | null, message: Msg) => void {
    return (error, message) => {
      try {
        if (error) throw error;
        handler(message);
      } catch (thrown) {
        this.log.error({ err: thrown, subject: name }, 'A message could not be handled; it counts as delivered.');
      }
    };
  }

  /** Waits until the server has seen what was sent, so that a subscription is in force. */
  async #flush(): Promise<void> {
    if (this.isReady()) await settledWithin(this.connection.flush(), flushTimeoutMs);
  }

  #encode<T>(codec: Codec<T>, message: T): Uint8Array {
    const bytes = codec.encode(message).finish();
    const limit = this.connection.info?.max_payload ?? Number.POSITIVE_INFINITY;
    if (bytes.length <= limit) return bytes;
    const sizes = `${bytes.length} bytes; the message bus takes ${limit}`;
    throw FailureError.of('payload_too_large', `A message has ${sizes}. Make the node's values smaller.`);
  }

  #ensuredStream(queue: QueuePlace): Promise<void> {
    let ensured = this.#ensured.get(queue.stream);
    if (ensured === undefined) {
      ensured = ensureStream(this.manager, queue, this.replicas);
      this.#ensured.set(queue.stream, ensured);
      ensured.catch(() => this.#ensured.delete(queue.stream));
    }
    return ensured;
  }

  /** The stream was deleted under us: the first to notice makes it again, then the message is put once more. */
  async #putAfterLoss(queue: QueuePlace, subject: string, bytes: Uint8Array): Promise<'queued' | 'held'> {
    await wait(removalMs);
    try {
      await ensureStream(this.manager, queue, this.replicas);
      return await this.#put(subject, bytes);
    } catch (error) {
      throw notCertain(error);
    }
  }

  async #put(subject: string, bytes: Uint8Array): Promise<'queued' | 'held'> {
    const answer = await this.connection.request(subject, bytes, { timeout: enqueueTimeoutMs });
    const { error } = answer.json<{ error?: { err_code: number; description: string } }>();
    if (error === undefined) return 'queued';
    if (error.err_code === subjectHeld) return 'held';
    throw new Error(error.description);
  }
}

const isNoResponders = (error: unknown) => error instanceof RequestError && error.isNoResponders();

const notConnected = () =>
  FailureError.of('unavailable', 'The message bus (NATS) is not connected now. Try again in a moment.');

const notCertain = (cause: unknown) =>
  FailureError.of(
    'unavailable',
    'It is not certain that the queue (NATS) has the message. Send it again.',
    {},
    { cause },
  );

function requestFailure(cause: unknown, name: string, timeoutMs: number): FailureError {
  if (cause instanceof TimeoutError) {
    const sentence = `Nobody answered on ${name} within ${timeoutMs} ms. Try again.`;
    return FailureError.of('deadline_exceeded', sentence, {}, { cause });
  }
  return FailureError.of('unavailable', `Nobody listens on ${name} now. Try again in a moment.`, {}, { cause });
}
