import { wordsOf } from '@treadle/words';
import type { SparseVector } from './sparse-vector.js';

/** How much of a word counts at most, and how much a long text is held against its words (BM25's k1 and b). */
const saturation = 1.2;
const lengthPenalty = 0.75;
/** Words of an ordinary chunk. Fixed, so that a weight never depends on the other chunks. */
const ordinaryLength = 128;

/** The weights of a chunk's words: BM25 without the rarity of the words, which the store knows. */
export function sparseOfText(text: string): SparseVector {
  const words = wordsOf(text);
  const norm = saturation * (1 - lengthPenalty + (lengthPenalty * words.length) / ordinaryLength);
  return weighed(words, (count) => (count * (saturation + 1)) / (count + norm));
}

/** The words asked for, each counting once. */
export function sparseOfQuery(text: string): SparseVector {
  return weighed(wordsOf(text), () => 1);
}

function weighed(words: readonly string[], weight: (count: number) => number): SparseVector {
  const counts = new Map<number, number>();
  for (const word of words) {
    const id = hashOf(word);
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  const sorted = [...counts].sort(([a], [b]) => a - b);
  return {
    indices: Uint32Array.from(sorted, ([id]) => id),
    values: Float32Array.from(sorted, ([, count]) => weight(count)),
  };
}

/** FNV-1a over UTF-16 code units, 32 bits. */
function hashOf(word: string): number {
  let hash = 0x811c9dc5;
  for (let place = 0; place < word.length; place += 1) hash = Math.imul(hash ^ word.charCodeAt(place), 0x01000193);
  return hash >>> 0;
}

/** PostgreSQL's largest position, and how many it keeps of a word. */
const lastPosition = 16_383;
const keptPositions = 255;

/** Words with their places, as PostgreSQL reads a `tsvector`. */
export function toTsvector(text: string): string {
  const places = new Map<string, number[]>();
  for (const [index, word] of wordsOf(text).entries()) {
    const known = places.get(word) ?? [];
    if (known.length < keptPositions) known.push(Math.min(index + 1, lastPosition));
    places.set(word, known);
  }
  return [...places].map(([word, found]) => `${quoted(word)}:${[...new Set(found)].join(',')}`).join(' ');
}

/** A `tsquery` that finds texts with any of the words; empty when there are none. */
export function toTsquery(text: string): string {
  return [...new Set(wordsOf(text))].map(quoted).join(' | ');
}

/** Only letters and digits are left in a word, so that nothing needs escaping. */
const quoted = (word: string) => `'${word}'`;
