import { type ConsumerInfo, JetStreamApiError, type JetStreamManager, type MsgRequest } from '@nats-io/jetstream';
import type { Backlogs, QueueFamily } from './message-bus.js';

const streamNotFound = 10059;

/** How full the queues of a stream are: one question for the stream, one for its consumers, one more for each queue where something waits. */
export async function natsBacklogs(manager: JetStreamManager, { stream, prefix }: QueueFamily): Promise<Backlogs> {
  try {
    const { state } = await manager.streams.info(stream);
    const consumers: ConsumerInfo[] = [];
    for await (const info of manager.consumers.list(stream)) consumers.push(info);
    const queues = await Promise.all(
      consumers.map(async (info) => ({
        pool: info.name,
        waiting: info.num_pending,
        held: info.num_ack_pending,
        oldestSeconds:
          info.num_pending > 0 ? await oldestSeconds(manager, stream, `${prefix}.${info.name}.>`, info) : 0,
      })),
    );
    const served = queues.reduce((sum, { waiting, held }) => sum + waiting + held, 0);
    return { queues, unserved: Math.max(0, state.messages - served) };
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === streamNotFound) return { queues: [], unserved: 0 };
    throw error;
  }
}

/** The age of the first message that was delivered to nobody; 0 when it has been taken meanwhile. */
async function oldestSeconds(
  manager: JetStreamManager,
  stream: string,
  subject: string,
  { delivered }: ConsumerInfo,
): Promise<number> {
  // Servers take both together; the client's types know it only of direct reads.
  const request: MsgRequest & { next_by_subj: string } = { seq: delivered.stream_seq + 1, next_by_subj: subject };
  const message = await manager.streams.getMessage(stream, request);
  return message ? Math.max(0, (Date.now() - message.time.getTime()) / 1000) : 0;
}
