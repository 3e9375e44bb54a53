// Indexes documents of 10,000 chunks each in one process and prints its memory as it goes: it does not grow with what is indexed. Vectors
// are made on the spot (their model has a process of its own), PostgreSQL is an embedded one, nothing is searched. Prints a table and
// writes bench/results/indexing.json.
// Usage: npm run bench:indexing -- [--chunks 100000] [--dimensions 384]
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startEmbeddedPostgres } from '../libs/embedded-postgres/dist/index.js';
import { MemoryFileStore } from '../libs/files/dist/index.js';
import { InProcessBus } from '../libs/messaging/dist/index.js';
import { createPool } from '../libs/persistence/dist/index.js';
import { Retrieval, retrievalConfig, retrievalSchema } from '../services/retrieval/dist/index.js';

const { values } = parseArgs({
  options: { chunks: { type: 'string', default: '100000' }, dimensions: { type: 'string', default: '384' } },
});
const chunksOfDocument = 10_000;
const documents = Math.ceil(Number(values.chunks) / chunksOfDocument);
const dimensions = Number(values.dimensions);
const tenantId = 'bench';
const mebibytes = (bytes) => Math.round(bytes / 1024 / 1024);

const folder = mkdtempSync(join(tmpdir(), 'treadle-bench-indexing-'));
const database = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres') });
const pool = createPool(database.connectionString, { schema: retrievalSchema });
const log = { info: () => undefined, warn: console.error, error: console.error };
const embed = async ({ texts }) => ({
  embeddings: texts.map(() => ({ values: vector() })),
  usage: undefined,
  warnings: [],
});
const retrieval = new Retrieval({
  config: retrievalConfig.read({ TREADLE_INDEX_CONCURRENCY: '1' }),
  ...{ pool, log, bus: new InProcessBus({ log }), files: new MemoryFileStore() },
  models: { embed, rerank: async () => ({ ranking: [], usage: undefined, warnings: [] }) },
});
const rows = [];
try {
  await retrieval.start();
  await fill();
} finally {
  await retrieval.stop();
  await pool.end();
  await database.stop();
  rmSync(folder, { recursive: true, force: true });
}
console.table(rows);
mkdirSync(new URL('results/', import.meta.url), { recursive: true });
writeFileSync(new URL('results/indexing.json', import.meta.url), JSON.stringify({ dimensions, rows }, null, 2));

async function fill() {
  const api = retrieval.controllers.datasets;
  const empty = {
    description: '',
    embeddingProvider: '',
    embeddingModel: 'none',
    searchJson: '',
    metadataFieldsJson: '',
  };
  const chunkingJson = JSON.stringify({ max_length: 200, overlap: 0 });
  const { dataset } = await api.createDataset({ tenantId, name: 'bench', ...empty, chunkingJson });
  const key = { tenantId, datasetId: dataset.id };
  const started = performance.now();
  for (let number = 1; number <= documents; number += 1) {
    const given = { source: 'text', sourceName: '', fileId: '', mediaType: '', metadataJson: '', name: `d${number}` };
    const { document } = await api.createDocument({ ...key, ...given, text: text(number) });
    const { peak } = await indexed(() => api.getDocument({ ...key, documentId: document.id }));
    globalThis.gc?.();
    const { heapUsed, rss } = process.memoryUsage();
    const { chunks } = (await api.getDataset(key)).dataset;
    const seconds = Math.round((performance.now() - started) / 1000);
    rows.push({
      chunks,
      seconds,
      'heap MiB': mebibytes(heapUsed),
      'RSS MiB': mebibytes(rss),
      'peak RSS MiB': mebibytes(peak),
    });
    console.log(JSON.stringify(rows.at(-1)));
  }
}

/** Resolves when a document is indexed, with the most memory that was seen meanwhile. */
async function indexed(look) {
  for (let peak = 0; ; await pause(100)) {
    peak = Math.max(peak, process.memoryUsage().rss);
    const { document } = await look();
    if (document.status === 'error') throw new Error(document.error);
    if (document.status === 'completed') return { peak };
  }
}

function text(number) {
  const paragraph = (place) => `Paragraph ${place} of ${number}. ${'The loom weaves cloth from yarn. '.repeat(4)}end.`;
  return Array.from({ length: chunksOfDocument }, (_, place) => paragraph(place).slice(0, 180)).join('\n\n');
}

function vector() {
  return Array.from({ length: dimensions }, () => Math.random() - 0.5);
}
