import type { SparseVector } from '../../domain/sparse-vector.js';

/** Where a term occurs: rows in the order they were added, and the term's weight in each. */
interface Posting {
  rows: Uint32Array;
  weights: Float32Array;
  length: number;
}

/** From terms to rows, for BM25. */
export class Postings {
  private readonly terms = new Map<number, Posting>();
  /** Bytes of the lists, roughly. */
  bytes = 0;

  add(row: number, { indices, values }: SparseVector): void {
    for (let place = 0; place < indices.length; place += 1) {
      const posting = this.posting(indices[place] ?? 0);
      posting.rows[posting.length] = row;
      posting.weights[posting.length] = values[place] ?? 0;
      posting.length += 1;
    }
  }

  /**
   * The BM25 of every row that shares a term with the query, zero for the others.
   * @param living which of the rows count, both as hits and for how rare a term is.
   */
  scores({ indices, values }: SparseVector, living: Uint8Array, rows: number, alive: number): Float32Array {
    const scores = new Float32Array(rows);
    for (let place = 0; place < indices.length; place += 1) {
      const posting = this.terms.get(indices[place] ?? 0);
      if (posting) addTerm(scores, posting, values[place] ?? 0, living, alive);
    }
    return scores;
  }

  private posting(term: number): Posting {
    const posting = this.terms.get(term) ?? { rows: new Uint32Array(4), weights: new Float32Array(4), length: 0 };
    if (posting.length === 0) {
      this.terms.set(term, posting);
      this.bytes += 200;
    }
    if (posting.length === posting.rows.length) this.grow(posting);
    return posting;
  }

  private grow(posting: Posting): void {
    const { rows, weights, length } = posting;
    posting.rows = new Uint32Array(length * 2);
    posting.rows.set(rows);
    posting.weights = new Float32Array(length * 2);
    posting.weights.set(weights);
    this.bytes += length * 8;
  }
}

function addTerm(scores: Float32Array, posting: Posting, weight: number, living: Uint8Array, alive: number): void {
  const { rows, weights, length } = posting;
  let found = 0;
  for (let place = 0; place < length; place += 1) found += living[rows[place] ?? 0] ?? 0;
  const rareness = Math.log(1 + (alive - found + 0.5) / (found + 0.5)) * weight;
  for (let place = 0; place < length; place += 1) {
    const row = rows[place] ?? 0;
    scores[row] = (scores[row] ?? 0) + rareness * (weights[place] ?? 0);
  }
}
