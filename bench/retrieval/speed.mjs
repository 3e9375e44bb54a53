// What a search costs among many chunks: the service's own path, from the query's vector to the chunks read from PostgreSQL.
import { setTimeout as sleep } from 'node:timers/promises';
import { cut } from '../../services/retrieval/dist/domain/chunking.js';
import { quantile } from '../quantile.mjs';
import { dimensions, fill, search } from './service.mjs';
import { randomNumbers } from './wordnet.mjs';

const chunking = { max_length: 160, overlap: 0 };
const entriesOfDocument = 1000;
const warmUps = 20;

/** Models whose vectors are mixed from real ones, so that they lie as real ones do, at no cost. */
export class MixedModels {
  #base;

  /** @param base real vectors. @param known those of some texts, which are given as they are. */
  constructor(base, known) {
    this.#base = base;
    this.known = known;
  }

  embed = async ({ texts }) => ({
    embeddings: texts.map((text) => ({ values: this.known(text) ?? this.#mixed(text) })),
    usage: undefined,
    warnings: [],
  });

  #mixed(text) {
    let seed = 0;
    for (let place = 0; place < text.length; place += 1) seed = (Math.imul(seed, 31) + text.charCodeAt(place)) | 0;
    const random = randomNumbers(seed);
    const one = () => this.#base[Math.floor(random() * this.#base.length)];
    const [a, b] = [one(), one()];
    return Float32Array.from({ length: dimensions }, (_, place) => {
      return 0.6 * a[place] + 0.4 * b[place] + 0.02 * (random() - 0.5);
    });
  }
}

/** Texts of documents that are cut into at least so many chunks. */
export function textsFor(entries, chunks) {
  const texts = [];
  let made = 0;
  for (let at = 0; at < entries.length && made < chunks; at += entriesOfDocument) {
    const some = entries.slice(at, at + entriesOfDocument);
    const text = some.map(({ words, definition, examples }) =>
      [`${words.join(', ')}: ${definition}`, ...examples].join('\n'),
    );
    texts.push(text.join('\n\n'));
    made += cut(texts.at(-1), { ...defaults, ...chunking }).length;
  }
  return { texts, chunks: made };
}

const defaults = {
  mode: 'text',
  unit: 'characters',
  separators: ['\n\n', '\n', '. ', '。', '! ', '? ', ' '],
  remove_extra_spaces: true,
  remove_urls_emails: false,
};

export async function measureSpeed({ controllers, store }, texts, questions) {
  const startedAt = performance.now();
  const dataset = await fill(controllers, 'many', texts, chunking);
  const indexedMs = performance.now() - startedAt;
  await quiet();
  const before = process.memoryUsage().rss;
  const loadedAt = performance.now();
  await search(controllers, dataset.id, 'the first question', { method: 'semantic' });
  const loadMs = performance.now() - loadedAt;
  await quiet();
  const memory = {
    rssBytes: process.memoryUsage().rss,
    grownBytes: process.memoryUsage().rss - before,
    storeBytes: store.bytes,
  };
  const rows = [];
  for (const method of ['semantic', 'full_text', 'hybrid'])
    rows.push({ method, ...(await timesOf((query) => search(controllers, dataset.id, query, { method }), questions)) });
  return { dataset: dataset.id, indexedMs, loadMs, memory, rows };
}

/** Times of single searches, one after the other, and the processor time that each took in all threads: that of others does not count. */
async function timesOf(ask, questions) {
  for (const query of questions.slice(0, warmUps)) await ask(query);
  const took = [];
  const stages = new Map();
  const before = process.cpuUsage();
  for (const query of questions.slice(warmUps)) {
    const askedAt = performance.now();
    const { timings } = await ask(query);
    took.push(performance.now() - askedAt);
    for (const { stage, milliseconds } of timings) stages.set(stage, [...(stages.get(stage) ?? []), milliseconds]);
  }
  const { user, system } = process.cpuUsage(before);
  return {
    searches: took.length,
    medianMs: quantile(took, 0.5),
    p95Ms: quantile(took, 0.95),
    quietestMs: Math.min(...took),
    cpuMs: (user + system) / 1000 / took.length,
    stageMedianMs: Object.fromEntries([...stages].map(([stage, times]) => [stage, quantile(times, 0.5)])),
  };
}

/** Lets what was left over from before be collected. */
async function quiet() {
  globalThis.gc?.();
  await sleep(500);
}
