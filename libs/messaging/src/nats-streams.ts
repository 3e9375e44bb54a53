import { createHash } from 'node:crypto';
import {
  AckPolicy,
  type ConsumerConfig,
  DeliverPolicy,
  DiscardPolicy,
  JetStreamApiError,
  type JetStreamManager,
  ReplayPolicy,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import type { Queue } from '@treadle/contracts';

type AnyQueue = Queue<unknown>;

/** The part of a queue that names its place. */
export type QueuePlace = Pick<AnyQueue, 'stream' | 'pool' | 'prefix'>;

const streamNameInUse = 10058;
/** A stream refuses a message whose subject it already holds with this code. */
export const subjectHeld = 10077;
/**
 * How long a stream that was found missing is left alone. A server answers a deletion before it has removed the files; a stream of
 * the same name that is made meanwhile loses its own files to that removal, and then takes messages and never gives one.
 */
export const removalMs = 500;
/** A subject longer than the server's control line would cut the connection. */
const longestToken = 512;

/**
 * The stream that holds the queues of all pools. A subject holds one message at a time and refuses a second one, which is what
 * keeps a key from being queued twice.
 */
export function streamConfig(queue: QueuePlace, replicas: number): Partial<StreamConfig> & { name: string } {
  const ending = `.${queue.pool}`;
  if (!queue.prefix.endsWith(ending)) throw new Error(`The prefix ${queue.prefix} does not end with its pool.`);
  return {
    name: queue.stream,
    subjects: [`${queue.prefix.slice(0, -ending.length)}.>`],
    retention: RetentionPolicy.Workqueue,
    storage: StorageType.File,
    discard: DiscardPolicy.New,
    discard_new_per_subject: true,
    max_msgs_per_subject: 1,
    num_replicas: replicas,
  };
}

/** The one durable consumer that everyone who works on a pool pulls from. */
export function consumerConfig(queue: QueuePlace, leaseMs: number): Partial<ConsumerConfig> {
  return {
    durable_name: queue.pool,
    filter_subject: `${queue.prefix}.>`,
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(leaseMs),
    deliver_policy: DeliverPolicy.All,
    replay_policy: ReplayPolicy.Instant,
    // Each holder bounds what it takes; a common bound would let one full pool starve a new member.
    max_ack_pending: -1,
    max_waiting: 4096,
  };
}

/** Makes the stream where it is missing and brings an older one up to date. */
export async function ensureStream(manager: JetStreamManager, queue: QueuePlace, replicas: number): Promise<void> {
  const config = streamConfig(queue, replicas);
  try {
    await manager.streams.add(config);
  } catch (error) {
    if (!(error instanceof JetStreamApiError) || error.code !== streamNameInUse) throw error;
    await manager.streams.update(config.name, config);
  }
}

/**
 * Makes stream and consumer where they are missing. The answer names this incarnation of the consumer: numbers of messages
 * start again in the next one, so an acknowledgement must not outlive it.
 */
export async function ensureConsumer(
  manager: JetStreamManager,
  queue: QueuePlace,
  leaseMs: number,
  replicas: number,
): Promise<string> {
  await ensureStream(manager, queue, replicas);
  const info = await manager.consumers.add(queue.stream, consumerConfig(queue, leaseMs));
  return info.created;
}

/** How far a consumer has come: what waits, and the number of what was delivered last. */
export interface ConsumerProgress {
  readonly pending: number;
  readonly delivered: number;
}

export async function consumerProgress(
  manager: JetStreamManager,
  { stream, pool }: QueuePlace,
): Promise<ConsumerProgress> {
  const info = await manager.consumers.info(stream, pool);
  return { pending: info.num_pending, delivered: info.delivered.consumer_seq };
}

/** A key as the last part of a subject: letters and digits stay readable, what NATS gives a meaning is written as `%2E`. */
export function keyToken(key: string): string {
  const token = key.replace(/[^A-Za-z0-9_\-=[\]]/gu, percentEncode) || '%';
  return token.length <= longestToken ? token : createHash('sha256').update(key).digest('hex');
}

function percentEncode(character: string): string {
  const bytes = Buffer.from(character, 'utf8');
  return [...bytes].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
}
