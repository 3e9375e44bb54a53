import type { Document } from '@treadle/contracts';
import { type QdrantServer, startQdrantServer, type TestDatabase, testDatabase } from '@treadle/testing';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Load, percentile } from './load.js';
import { firstPage, Rig, settings } from './rig.js';

/** Of each part of the load: before, during and after. */
const seconds = Number(process.env['TREADLE_OUTAGE_SECONDS'] ?? 2);
const perSecond = 50;
const tenant = 'tenant-a';
const patience = { timeout: 120_000, interval: 50 };

let database: TestDatabase;
let qdrant: QdrantServer;
let rig: Rig;
let datasetId: string;

beforeEach(async () => {
  [database, qdrant] = await Promise.all([testDatabase(), startQdrantServer()]);
  rig = new Rig(database.connectionString, {
    environment: {
      ...{ TREADLE_VECTOR_STORE: 'qdrant', QDRANT_URL: qdrant.url, TREADLE_VECTOR_STORE_PROBE_MS: '100' },
      // Of a machine that has other things to do; the deadline itself is the subject of another spec.
      ...{ TREADLE_SEARCHES_PER_TENANT: '10000', TREADLE_VECTOR_STORE_TIMEOUT_MS: '20000' },
    },
    connectionTimeoutMs: 30_000,
  });
  await rig.retrieval.start();
  datasetId = (await rig.dataset(tenant, 'under load')).id;
  const made = [await rig.document(tenant, datasetId, 'sentinel', 'quartz sphinx')];
  for (let number = 0; number < 10; number += 1) made.push(await written(number));
  for (const document of made) await rig.indexed(tenant, document);
});
afterEach(async () => {
  await rig.stop();
  await qdrant.close();
  await database.drop();
  expect(qdrant.violations).toEqual([]);
  expect(rig.errors).toEqual([]);
});

function written(number: number): Promise<Document> {
  const paragraphs = Array.from({ length: 3 }, (_, part) => `made${number} part${part} `.repeat(20));
  return rig.document(tenant, datasetId, `d${number}`, paragraphs.join('\n\n'));
}

/** Another query each time: nothing comes from the cache. */
const load = () =>
  new Load(perSecond, (number) => rig.search(tenant, [datasetId], `quartz sphinx ${number}`, settings({ top_k: 1 })));

const answered = (running: Load, more: number) => {
  const wanted = running.answers.length + more;
  return vi.waitFor(() => expect(running.answers.length).toBeGreaterThanOrEqual(wanted), patience);
};

function expectNoGap({ answers, errors }: Load): void {
  expect(errors).toEqual([]);
  for (const { answer } of answers) expect(answer.chunks[0]?.documentName).toBe('sentinel');
}

function report(what: string, { answers, errors, rate }: Load, more: string): void {
  const degraded = answers.filter(({ answer }) => answer.degraded !== '').length;
  const times = `median ${percentile(answers, 0.5)} ms, 99 % within ${percentile(answers, 0.99)} ms`;
  process.stdout.write(
    `${what}: ${answers.length} searches (${rate} a second), ${errors.length} errors, ${degraded} degraded, ${times}; ${more}\n`,
  );
}

it(
  'answers every search while the store is stopped, says that it is less, and recovers by itself',
  async () => {
    const running = load();
    await answered(running, seconds * perSecond);
    expect(running.answers.every(({ answer }) => answer.degraded === '')).toBe(true);
    await qdrant.stop();
    const [from, asked] = [running.answers.length, running.count];
    const [, changed] = (
      await rig.datasets.listDocuments({
        ...firstPage,
        tenantId: tenant,
        datasetId,
        cursor: '',
        limit: 2,
        keyword: 'd',
      })
    ).documents;
    await rig.datasets.updateDocument({ tenantId: tenant, datasetId, documentId: changed!.id, enabled: false });
    await vi.waitFor(() => expect(running.answers.length).toBeGreaterThan(asked + seconds * perSecond), patience);
    // Those that were asked before may have been answered by the store.
    const during = running.answers.slice(from + (asked - from));
    expect(during.filter(({ answer }) => answer.degraded === '')).toEqual([]);
    await qdrant.start();
    const startedAt = performance.now();
    await vi.waitFor(() => expect(running.answers.at(-1)?.answer.degraded).toBe(''), patience);
    const recoveredMs = Math.round(performance.now() - startedAt);
    await answered(running, seconds * perSecond);
    await running.stop();
    expectNoGap(running);
    await rig.settled();
    expect(await rig.verified(true)).toMatchObject({ missing: 0, extra: 0, stale: 0 });
    report('store stopped', running, `whole again ${recoveredMs} ms after its start`);
  },
  (seconds * 6 + 240) * 1000,
);

it(
  'rebuilds under load with writes going on: no error, no gap, exactly the right points',
  async () => {
    const running = load();
    let writes = 0;
    let isWriting = true;
    const writing = (async () => {
      const made: Document[] = [];
      for (let number = 100; isWriting; number += 1) {
        const document = await written(number);
        made.push(document);
        const at = { tenantId: tenant, datasetId, documentId: document.id };
        if (number % 3 === 0) await rig.datasets.updateDocument({ ...at, enabled: false });
        const old = number % 2 === 0 ? made.shift() : undefined;
        if (old) await rig.datasets.deleteDocument({ ...at, documentId: old.id });
        if (number % 5 === 0 && made[0])
          await rig
            .indexed(tenant, made[0])
            .then(({ id }) =>
              rig.datasets.saveChunk({ ...at, documentId: id, chunkId: '', content: `chunk${number}` }),
            );
        writes += 1;
        // Writers wait for their documents now and then, as people do.
        const last = made.at(-1);
        if (last && number % 4 === 0) await rig.indexed(tenant, last);
      }
      return made;
    })();
    await answered(running, seconds * perSecond);
    const [from] = [...qdrant.collections.aliases.values()];
    const rebuild = await rig.rebuilt();
    expect(rebuild, rebuild.report).toMatchObject({ status: 'done' });
    await answered(running, seconds * perSecond);
    isWriting = false;
    for (const document of await writing) await rig.indexed(tenant, document);
    await running.stop();
    expectNoGap(running);
    expect(running.answers.filter(({ answer }) => answer.degraded !== '')).toEqual([]);
    await rig.settled();
    expect(await rig.verified(true)).toMatchObject({ missing: 0, extra: 0, stale: 0 });
    const [to] = [...qdrant.collections.aliases.values()];
    expect(to).not.toBe(from);
    expect([...qdrant.collections.byName.keys()]).toEqual([to]);
    report('rebuild', running, `${writes} rounds of writes; ${rebuild.report}`);
  },
  (seconds * 6 + 240) * 1000,
);
