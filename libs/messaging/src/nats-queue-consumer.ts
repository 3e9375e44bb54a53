import { setTimeout as wait } from 'node:timers/promises';
import {
  createInbox,
  type Msg,
  type NatsConnection,
  type Subscription as NatsSubscription,
} from '@nats-io/transport-node';
import type { Queue } from '@treadle/contracts';
import { type BusLog, throwDelayMs } from './bus-log.js';
import type { ConsumeOptions, Delivery, Subscription, Verdict } from './message-bus.js';
import { type ConsumerProgress, removalMs } from './nats-streams.js';
import { Running, settledWithin } from './running.js';

/** How long a request for messages waits at the server: long enough to be cheap, short enough to notice a dead one. */
const pullExpiresMs = 2000;
/** Silence for longer than this means that the server has forgotten the request. */
const silenceMs = pullExpiresMs + 1000;
const sweepMs = 500;
const retryMs = 250;
/** With a request open and nothing coming for this long, the server is asked whether something waits. */
const lookMs = 3000;

const ack = '+ACK';
const working = '+WPI';
const term = '+TERM';
const nak = (delayMs: number) => (delayMs > 0 ? `-NAK {"delay":${Math.round(delayMs * 1_000_000)}}` : '-NAK');

interface Taken {
  readonly message: Msg;
  readonly incarnation: string;
  readonly since: number;
}

/** What the consumer needs of the bus. */
export interface QueueConsumerContext {
  readonly connection: NatsConnection;
  readonly log: BusLog;
  readonly isConnected: () => boolean;
  /** Makes stream and consumer where they are missing; answers the name of this incarnation. */
  readonly ensure: () => Promise<string>;
  readonly progress: () => Promise<ConsumerProgress>;
  /** Deletes the stream with all that is in it. */
  readonly discard: () => Promise<void>;
}

/**
 * Works on one pool's queue. It asks the server for exactly as many messages as the handler has room for, so nothing waits here
 * while somebody else is idle; one request covers all the room there is, and costs no round trip.
 */
export class NatsQueueConsumer<T> implements Subscription {
  readonly #taken = new Set<Taken>();
  readonly #running = new Running();
  readonly #inbox = createInbox();
  readonly #subscription: NatsSubscription;
  readonly #sweep: NodeJS.Timeout;
  /** Places whose messages are dealt with, where work goes on. */
  #resting = 0;
  /** Messages asked for and not yet come. */
  #asked = 0;
  #incarnation = '';
  #lastSign = Date.now();
  #lastRenewal = Date.now();
  #lastMessage = Date.now();
  #lastLook = Date.now();
  /** What had been delivered when messages were last found waiting although we asked for some; absent while all is well. */
  #stalledAt: number | undefined;
  #pullScheduled = false;
  #recovering = false;
  #closing = false;

  constructor(
    private readonly context: QueueConsumerContext,
    private readonly queue: Queue<T>,
    private readonly options: ConsumeOptions,
    private readonly handler: (delivery: Delivery<T>) => Promise<Verdict>,
  ) {
    this.#subscription = context.connection.subscribe(this.#inbox, {
      callback: (error, message) => {
        if (error) context.log.error({ err: error, pool: queue.pool }, 'NATS ended the inbox of a queue consumer.');
        else this.#receive(message);
      },
    });
    this.#sweep = setInterval(() => this.#watch(), Math.min(sweepMs, options.leaseMs / 8));
  }

  /** Finds or makes what it works on and asks for messages; keeps trying until that succeeds or it is closed. Ends quickly where all is well. */
  async recover(): Promise<void> {
    if (this.#recovering || this.#closing) return;
    this.#recovering = true;
    while (!this.#closing) {
      try {
        this.#incarnation = await this.context.ensure();
        break;
      } catch (error) {
        this.context.log.warn({ err: error, pool: this.queue.pool }, 'The task queue cannot be reached; trying again.');
        await wait(retryMs);
      }
    }
    this.#recovering = false;
    this.#asked = 0;
    this.#stalledAt = undefined;
    this.#lastLook = Date.now();
    this.#schedulePull();
  }

  async close(): Promise<void> {
    if (!this.#closing) {
      this.#closing = true;
      // Draining lets what is already on its way arrive, to be handed back, and then nothing more.
      if (this.context.isConnected()) await settledWithin(this.#subscription.drain(), silenceMs);
      else this.#subscription.unsubscribe();
    }
    await this.#running.drained();
    clearInterval(this.#sweep);
  }

  /** Ends at once: leases are no longer renewed and verdicts are not sent. */
  lose(): void {
    this.#closing = true;
    clearInterval(this.#sweep);
    this.#taken.clear();
  }

  #receive(message: Msg): void {
    this.#lastSign = Date.now();
    if (message.subject === this.#inbox) return this.#status(message);
    this.#lastMessage = this.#lastSign;
    this.#asked = Math.max(0, this.#asked - 1);
    // More than asked for comes only when a forgotten request was served after all.
    if (this.#closing || this.#busy >= this.options.concurrency) return void message.respond(nak(0));
    void this.#running.track(() => this.#handle(message));
    this.#schedulePull();
  }

  /** The server's word on a request: it has run out, or its consumer is gone. */
  #status(message: Msg): void {
    const code = message.headers?.code;
    if (code === 408 || code === 404) {
      const left = Number(message.headers?.get('Nats-Pending-Messages'));
      this.#asked = Math.max(0, this.#asked - (Number.isFinite(left) ? left : this.#asked));
      this.#schedulePull();
    } else if (code !== 100) {
      // Not at once: the stream may be in the middle of its deletion, and a server that refuses is not to be asked in a tight loop.
      setTimeout(() => void this.recover(), removalMs).unref();
    }
  }

  async #handle(message: Msg): Promise<void> {
    const taken: Taken = { message, incarnation: this.#incarnation, since: Date.now() };
    this.#taken.add(taken);
    const verdict = await this.#verdict(message);
    if (!this.#taken.delete(taken)) return;
    this.#answer(taken, verdict);
    if (verdict.kind === 'done' && verdict.rest) {
      this.#resting++;
      await verdict.rest;
      this.#resting--;
    }
    this.#schedulePull();
  }

  get #busy(): number {
    return this.#taken.size + this.#resting;
  }

  async #verdict(message: Msg): Promise<Verdict> {
    const decoded = this.#decode(message);
    if (decoded === undefined) return { kind: 'never', reason: 'it cannot be read' };
    try {
      return await this.handler({ message: decoded, delivery: deliveryCount(message) });
    } catch (error) {
      this.context.log.error(
        { err: error, subject: message.subject },
        'A queue handler threw; its message is delivered again in a second.',
      );
      return { kind: 'later', delayMs: throwDelayMs };
    }
  }

  #decode(message: Msg): T | undefined {
    try {
      return this.queue.codec.decode(message.data);
    } catch {
      return undefined;
    }
  }

  #answer(taken: Taken, verdict: Verdict): void {
    if (taken.incarnation !== this.#incarnation) return;
    if (verdict.kind === 'done') this.#tell(taken, ack);
    if (verdict.kind === 'later') this.#tell(taken, nak(verdict.delayMs));
    if (verdict.kind === 'never') {
      this.#tell(taken, term);
      const facts = { subject: taken.message.subject, reason: verdict.reason };
      this.context.log.warn(facts, 'A message was dropped because it can never be handled.');
    }
  }

  #tell(taken: Taken, word: string): void {
    if (!this.context.connection.isClosed()) taken.message.respond(word);
  }

  /** Gathers the room that one turn of the event loop makes into one request. */
  #schedulePull(): void {
    if (this.#pullScheduled || this.#closing) return;
    this.#pullScheduled = true;
    setImmediate(() => {
      this.#pullScheduled = false;
      this.#pull();
    });
  }

  #pull(): void {
    if (this.#closing || this.#recovering || !this.context.isConnected()) return;
    const room = this.options.concurrency - this.#busy - this.#asked;
    // Small requests are saved up while a larger one still waits, or every finished message would cost a request.
    if (room <= 0 || (this.#asked > 0 && room < this.options.concurrency / 4)) return;
    this.#asked += room;
    const request = JSON.stringify({ batch: room, expires: pullExpiresMs * 1_000_000 });
    const { stream, pool } = this.queue;
    this.context.connection.publish(`$JS.API.CONSUMER.MSG.NEXT.${stream}.${pool}`, request, { reply: this.#inbox });
  }

  #watch(): void {
    const now = Date.now();
    if (now - this.#lastRenewal >= this.options.leaseMs / 4) this.#renew(now);
    if (this.#closing || !this.context.isConnected()) return;
    if (this.#asked > 0 && now - this.#lastSign > silenceMs) {
      this.#lastSign = now;
      void this.recover();
    }
    if (this.#asked > 0 && now - Math.max(this.#lastMessage, this.#lastLook) > lookMs) {
      this.#lastLook = now;
      void this.#look();
    }
  }

  /**
   * Messages wait at the server while it holds our request, twice in a row without one delivered to anybody: the stream has lost
   * its files. Nothing but making it anew mends that, and what was in it is sent again by its senders.
   */
  async #look(): Promise<void> {
    try {
      const { pending, delivered } = await this.context.progress();
      const stalled = pending > 0 && this.#asked > 0 && Date.now() - this.#lastMessage > lookMs;
      const again = stalled && this.#stalledAt === delivered;
      this.#stalledAt = stalled && !again ? delivered : undefined;
      if (!again || this.#closing) return;
      this.context.log.error({ pool: this.queue.pool, pending }, 'The task queue keeps its messages; it is made anew.');
      await this.context.discard();
    } catch (error) {
      this.context.log.warn({ err: error, pool: this.queue.pool }, 'The task queue cannot be asked how it is.');
    }
  }

  /** Renews the leases of what has been held since the last renewal; shorter work never costs a message. */
  #renew(now: number): void {
    for (const taken of this.#taken) {
      if (taken.since <= this.#lastRenewal && taken.incarnation === this.#incarnation) this.#tell(taken, working);
    }
    this.#lastRenewal = now;
  }
}

/** Reads the count out of the reply address: `$JS.ACK.<stream>.<consumer>.<count>…`, with domain and account before the stream since 2.10. */
function deliveryCount(message: Msg): number {
  const parts = (message.reply ?? '').split('.');
  return Number(parts[parts.length === 9 ? 4 : 6]) || 1;
}
