import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { NatsBus } from '@treadle/messaging';
import { type NatsServer, natsAvailable, startNatsServer, type TestDatabase, testDatabase } from '@treadle/testing';
import type { PoolClient } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Rig } from './rig.js';

const tenant = 'tenant-a';
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const indexer = fileURLToPath(new URL('indexer.mjs', import.meta.url));
let database: TestDatabase;

beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.drop());

describe.skipIf(!natsAvailable())('indexing over NATS', () => {
  let nats: NatsServer;
  beforeAll(async () => {
    nats = await startNatsServer();
  });
  afterAll(() => nats.stop());

  const environment = {
    TREADLE_EMBEDDING_MODEL: 'letters',
    TREADLE_INDEX_LEASE_MS: '500',
    TREADLE_INDEX_POLL_MS: '50',
    TREADLE_INDEX_BATCH: '5',
  };
  const connect = () => NatsBus.connect({ url: nats.url, name: 'spec', log: silent });

  /** An indexer in a process of its own, killed without a word once it has begun so many batches. */
  async function killedAt(batches: number): Promise<void> {
    const child = spawn(process.execPath, [indexer], {
      env: { ...process.env, ...environment, DATABASE_URL: database.connectionString, NATS_URL: nats.url },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let left = batches;
    createInterface(child.stdout).on('line', () => {
      left -= 1;
      if (left === 0) child.kill('SIGKILL');
    });
    const [, signal] = (await once(child, 'exit')) as [number, string];
    expect(signal).toBe('SIGKILL');
  }

  it('ends with exactly the right points however often an indexer is killed', { timeout: 180_000 }, async () => {
    const watching = { ...environment, TREADLE_RETRIEVAL_ROLES: 'api' };
    const watcher = new Rig(database.connectionString, { bus: await connect(), environment: watching });
    await watcher.retrieval.start();
    const dataset = await watcher.dataset(tenant, 'big', {
      chunkingJson: JSON.stringify({ max_length: 30, overlap: 0 }),
    });
    const lines = Array.from({ length: 300 }, (_, place) => `line number ${place} of the text`);
    const document = await watcher.document(tenant, dataset.id, 'lines', lines.join('\n\n'));
    for (let kill = 0; kill < 10; kill += 1) await killedAt(1 + (kill % 4));
    const last = new Rig(database.connectionString, { bus: await connect(), environment });
    await last.retrieval.start();
    await watcher.indexed(tenant, document);
    const { rows } = await watcher.pool.query<{ content: string; points: number; live: boolean }>(
      'select c.content, c.live, count(p.chunk_id)::int points from chunk c left join point p on p.chunk_id = c.id group by c.id, c.content, c.live',
    );
    expect(rows.map(({ content }) => content).sort()).toEqual([...lines].sort());
    expect(rows.every(({ points, live }) => points === 1 && live)).toBe(true);
    // What was committed before a death was not done again: of each killed process only the batch it died with may have been lost.
    expect(last.models.texts).toBeLessThanOrEqual(300 - (1 + 2 + 3 + 1 + 2 + 3 + 1 + 2 - 2) * 5);
    await last.stop();
    await watcher.stop();
    await Promise.all([last.bus.close(), watcher.bus.close()]);
  });
});

it('holds some rows at a time, however long the text is', async () => {
  const rig = new Rig(database.connectionString, { environment: { TREADLE_INDEX_BATCH: '50' } });
  let most = 0;
  const note = (values: readonly unknown[]) => {
    for (const value of values) if (Array.isArray(value)) most = Math.max(most, value.length);
  };
  rig.pool.on('connect', (client: PoolClient) => {
    const query = client.query.bind(client) as (...given: unknown[]) => unknown;
    client.query = (async (...given: unknown[]) => {
      note((given[1] ?? []) as unknown[]);
      const result = (await query(...given)) as { rows?: unknown[] } | undefined;
      note([result?.rows]);
      return result;
    }) as typeof client.query;
  });
  let texts = 0;
  rig.models.before = (asked) => {
    texts = Math.max(texts, asked.texts.length);
    return undefined;
  };
  await rig.retrieval.start();
  const chunking = { chunkingJson: JSON.stringify({ max_length: 200, overlap: 0 }) };
  const { id } = await rig.dataset(tenant, 'long', chunking);
  const line = 'The quick brown fox jumps over the lazy dog. ';
  const document = await rig.document(tenant, id, 'long', line.repeat(Math.ceil(1_200_000 / line.length)));
  const { chunks } = await rig.indexed(tenant, document);
  expect(chunks).toBeGreaterThan(6000);
  // Those of one part of the text.
  expect(most).toBeLessThan(1500);
  expect(texts).toBe(50);
  await rig.stop();
});
