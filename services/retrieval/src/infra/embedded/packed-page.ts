import type { DocumentPayload, Point } from '../../domain/vector-store.js';

/** A change of an index: what was committed after some revision. */
export interface PointPage {
  readonly points: readonly Point[];
  readonly documents: readonly DocumentPayload[];
  /** Ids of points that are gone. */
  readonly removed: readonly string[];
}

/** A page as it goes to the thread: numbers side by side, since copying thousands of small arrays takes far longer. */
export interface PackedPage extends Omit<PointPage, 'points'> {
  readonly points: readonly Omit<Point, 'dense' | 'sparse'>[];
  readonly dense: Float32Array<ArrayBuffer>;
  /** How many terms each point has. */
  readonly termCounts: readonly number[];
  readonly terms: Uint32Array<ArrayBuffer>;
  readonly weights: Float32Array<ArrayBuffer>;
}

export function packPage({ points, documents, removed }: PointPage, dimensions: number): PackedPage {
  const termCounts = points.map(({ sparse }) => sparse.indices.length);
  const allTerms = termCounts.reduce((sum, count) => sum + count, 0);
  const dense = new Float32Array(points.length * dimensions);
  const terms = new Uint32Array(allTerms);
  const weights = new Float32Array(allTerms);
  let at = 0;
  for (const [place, point] of points.entries()) {
    dense.set(point.dense.subarray(0, dimensions), place * dimensions);
    terms.set(point.sparse.indices, at);
    weights.set(point.sparse.values, at);
    at += point.sparse.indices.length;
  }
  const bare = points.map(({ id, documentId, enabled, version }) => ({ id, documentId, enabled, version }));
  return { points: bare, documents, removed, dense, termCounts, terms, weights };
}

/** Its arrays are views of the packed ones. */
export function unpackPage(page: PackedPage, dimensions: number): PointPage {
  let at = 0;
  const points = page.points.map((point, place) => {
    const end = at + (page.termCounts[place] ?? 0);
    const sparse = { indices: page.terms.subarray(at, end), values: page.weights.subarray(at, end) };
    at = end;
    return { ...point, dense: page.dense.subarray(place * dimensions, (place + 1) * dimensions), sparse };
  });
  return { points, documents: page.documents, removed: page.removed };
}
