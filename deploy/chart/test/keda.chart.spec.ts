import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { Task, taskQueue } from '@treadle/contracts';
import { NatsBus } from '@treadle/messaging';
import { type NatsServer, natsAvailable, startNatsServer } from '@treadle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { render } from '../src/helm.js';
import { jszPath, replicasByKeda } from '../src/keda.js';
import type { KubeObject } from '../src/objects.js';

const values = {
  executors: {
    default: {
      concurrency: 64,
      scaling: {
        keda: { minReplicas: 0, maxReplicas: 12, pollingSeconds: 5, scaleInSeconds: 60, fallbackReplicas: 2 },
      },
    },
  },
};

/** What the values promise: a replica for every 64 tasks that wait or are under way, twelve at most, none when there are none. */
const promised = (tasks: number) => Math.min(12, Math.ceil(tasks / 64));

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

describe.skipIf(!natsAvailable())('a pool scaled by KEDA', () => {
  let nats: NatsServer;
  let bus: NatsBus;
  let monitor = 0;
  let scaledObject: KubeObject | undefined;
  const queue = taskQueue('default');

  beforeAll(async () => {
    monitor = await freePort();
    nats = await startNatsServer({ arguments: ['-m', String(monitor)] });
    bus = await NatsBus.connect({ url: nats.url, name: 'chart' });
    const { objects } = await render({ values });
    scaledObject = objects.find(({ kind }) => kind === 'ScaledObject');
  });

  afterAll(async () => {
    await bus?.close();
    await nats?.stop();
  });

  /** The replicas for what NATS says now. */
  async function replicas(): Promise<number> {
    const answer = await fetch(`http://127.0.0.1:${monitor}${jszPath('$G')}`);
    return replicasByKeda(scaledObject as KubeObject, (await answer.json()) as Parameters<typeof replicasByKeda>[1]);
  }

  it('has the replicas that the values promise, for a backlog of 0 to 1,000 and back', async () => {
    const rows: { queued: number; underWay: number; replicas: number; promised: number }[] = [];
    let queued = 0;
    const held: (() => void)[] = [];
    // An executor of the pool makes the consumer, as it does in a cluster, and goes: the queue stays.
    await (await bus.consume(queue, { concurrency: 1, leaseMs: 30_000 }, async () => ({ kind: 'done' }))).close();
    const note = async () => {
      const tasks = queued + held.length;
      await expect.poll(replicas, { interval: 20, timeout: 20_000 }).toBe(promised(tasks));
      rows.push({ queued, underWay: held.length, replicas: await replicas(), promised: promised(tasks) });
    };
    await note();
    for (const backlog of [1, 64, 65, 200, 500, 1000]) {
      for (; queued < backlog; queued++)
        await bus.enqueue(queue, `run.node.${queued}`, Task.create({ runId: `${queued}` }));
      await note();
    }
    const consumer = await bus.consume(queue, { concurrency: 128, leaseMs: 30_000 }, async () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      held.push(resolve);
      queued -= 1;
      await promise;
      return { kind: 'done' };
    });
    await expect.poll(() => held.length, { interval: 20, timeout: 20_000 }).toBe(128);
    await note();
    for (const left of [768, 400, 129, 64, 1, 0]) {
      while (queued + held.length > left) {
        held.pop()?.();
        await turn();
      }
      await note();
    }
    await consumer.close();
    console.table(rows);
    for (const row of rows) expect(row.replicas).toBe(row.promised);
  });
});
