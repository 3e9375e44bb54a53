import { NatsBus } from '@treadle/messaging';
import { type NatsServer, natsAvailable, startNatsServer, type TestDatabase, testDatabase } from '@treadle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Embedding, LetterModels, Rig } from './rig.js';

const tenant = 'tenant-a';
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
let database: TestDatabase;
let nats: NatsServer;

/** Indexes some batches, then never answers again: as if its process had been killed in the middle of a batch. */
class DyingModels extends LetterModels {
  readonly died: Promise<void>;
  private dead: () => void = () => undefined;

  constructor(private left: number) {
    super();
    this.died = new Promise((resolve) => {
      this.dead = resolve;
    });
  }

  override readonly embed = async ({ texts }: Embedding) => {
    if (this.left === 0) {
      this.dead();
      await new Promise(() => undefined);
    }
    this.left -= 1;
    return new LetterModels().embed({ texts });
  };
}

describe.skipIf(!natsAvailable())('indexing over NATS', () => {
  beforeAll(async () => {
    database = await testDatabase();
    nats = await startNatsServer();
  });
  afterAll(async () => {
    await nats.stop();
    await database.drop();
  });

  const connect = () => NatsBus.connect({ url: nats.url, name: 'spec', log: silent });
  const environment = { TREADLE_INDEX_LEASE_MS: '500', TREADLE_INDEX_BATCH: '5' };

  it('ends with exactly the right points however often an indexer dies', async () => {
    const watcher = new Rig(database.connectionString, {
      bus: await connect(),
      environment: { ...environment, TREADLE_RETRIEVAL_ROLES: 'api' },
    });
    await watcher.retrieval.start();
    const dataset = await watcher.dataset(tenant, 'big', {
      chunkingJson: JSON.stringify({ max_length: 30, overlap: 0 }),
    });
    const lines = Array.from({ length: 200 }, (_, place) => `line number ${place} of the text`);
    const document = await watcher.document(tenant, dataset.id, 'lines', lines.join('\n\n'));
    const dead: Rig[] = [];
    for (let kill = 0; kill < 10; kill += 1) {
      const models = new DyingModels(2);
      const rig = new Rig(database.connectionString, { bus: await connect(), models, environment });
      dead.push(rig);
      await rig.retrieval.start();
      await models.died;
      // Its connections are cut without a word; what it holds runs out.
      await rig.bus.close();
      await rig.pool.end();
    }
    const last = new Rig(database.connectionString, { bus: await connect(), environment });
    await last.retrieval.start();
    await watcher.indexed(tenant, document);
    const { rows } = await watcher.pool.query<{ content: string; points: number; live: boolean }>(
      'select c.content, c.live, count(p.chunk_id)::int points from chunk c left join point p on p.chunk_id = c.id group by c.id, c.content, c.live',
    );
    expect(rows.map(({ content }) => content).sort()).toEqual([...lines].sort());
    expect(rows.every(({ points, live }) => points === 1 && live)).toBe(true);
    // What was committed before a death was not done again.
    expect(last.models.texts).toBeLessThanOrEqual(200 - 10 * 2 * 5);
    await last.stop();
    await watcher.stop();
    await Promise.all([last.bus.close(), watcher.bus.close()]);
  });
});
