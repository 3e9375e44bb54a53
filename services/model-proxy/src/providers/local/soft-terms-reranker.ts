import { setImmediate as turn } from 'node:timers/promises';
import { FailureError } from '@treadle/failure';
import { type Term, termsOf } from '@treadle/words';
import { LRUCache } from 'lru-cache';
import type { Ranking, RerankCall } from '../../domain/provider.js';
import { matchesOf, type ReadText, scoresOf } from '../../domain/soft-terms.js';

/** Few enough that others have their turn meanwhile. */
const batchSize = 8;
const mostDocuments = 500;
/** What is read of a query and of a document. */
const mostTerms = 64;
const mostCharacters = 4_000;
/** About 8 MB of vectors. */
const keptVectors = 2_000;

type Embed = (texts: readonly string[]) => Promise<readonly ArrayLike<number>[]>;

/**
 * Puts texts in order by the words they share with a query and by the nearness of their vectors: rules, no trained model of relevance.
 * The vectors of texts that were read lately are kept.
 */
export class SoftTermsReranker {
  private readonly kept = new LRUCache<string, ArrayLike<number>>({ max: keptVectors });

  /** @param embed makes a vector of each text, in order. */
  constructor(private readonly embed: Embed) {}

  /** Throws `invalid_argument` for too many documents, and whatever `embed` throws. */
  async rerank({ query, documents, top }: RerankCall, signal: AbortSignal): Promise<Ranking> {
    if (documents.length > mostDocuments) {
      const message = `The local reranker takes ${mostDocuments} documents at most, not ${documents.length}. Send fewer.`;
      throw FailureError.of('invalid_argument', message, { field: 'documents' });
    }
    const texts = documents.map(beginningOf);
    const scores = scoresOf(await this.read(beginningOf(query), texts, signal));
    const ranking = scores.map((score, index) => ({ index, score })).sort((a, b) => b.score - a.score);
    const cut = documents.filter(({ length }) => length > mostCharacters).length;
    const warnings = cut > 0 ? [`Of ${cut} documents only the first ${mostCharacters} characters were read.`] : [];
    return { ranking: top > 0 ? ranking.slice(0, top) : ranking, inputTokens: 0, outputTokens: 0, warnings };
  }

  private async read(query: string, texts: readonly string[], signal: AbortSignal): Promise<ReadText[]> {
    const asked = distinct(termsOf(query)).slice(0, mostTerms);
    const [wanted = []] = await this.vectors([query], signal);
    const read: ReadText[] = [];
    for (let at = 0; at < texts.length; at += batchSize) {
      const some = texts.slice(at, at + batchSize);
      const vectors = await this.vectors(some, signal);
      for (const [place, text] of some.entries())
        read.push({ matches: matchesOf(asked, termsOf(text)), nearness: cosine(wanted, vectors[place] ?? []) });
      await turn();
    }
    return read;
  }

  private async vectors(texts: readonly string[], signal: AbortSignal): Promise<ArrayLike<number>[]> {
    signal.throwIfAborted();
    const missing = [...new Set(texts)].filter((text) => !this.kept.has(text));
    const made = missing.length > 0 ? await this.embed(missing) : [];
    const fresh = new Map(missing.map((text, place) => [text, Float32Array.from(made[place] ?? [])]));
    const vectors = texts.map((text) => fresh.get(text) ?? this.kept.get(text) ?? []);
    for (const [text, vector] of fresh) this.kept.set(text, vector);
    return vectors;
  }
}

const beginningOf = (text: string) => text.slice(0, mostCharacters);

function distinct(terms: readonly Term[]): Term[] {
  return [...new Map(terms.map((term) => [term.stem, term])).values()];
}

function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [dot, ofA, ofB] = [0, 0, 0];
  for (let place = 0; place < a.length; place += 1) {
    const [x, y] = [a[place] ?? 0, b[place] ?? 0];
    dot += x * y;
    ofA += x * x;
    ofB += y * y;
  }
  return ofA > 0 && ofB > 0 ? dot / Math.sqrt(ofA * ofB) : 0;
}
