import type { PointTruth } from './upkeep-ports.js';
import type { Hit, IndexRef, Point, VectorProbe } from './vector-store.js';

export type Probe = VectorProbe;

const page = 500;
/** Points that are computed exactly; of a larger index those of some of its documents. */
const mostPoints = 20_000;
/** What rounding may do to a score. */
const tolerance = 1e-3;

/** The nearest points to some probes, computed over the vectors that PostgreSQL keeps. */
export class ExactHits {
  /** Only these documents were looked at; all when absent. */
  documentIds: readonly string[] | undefined;
  private index: IndexRef | undefined;
  private probes: readonly Probe[] = [];
  private best: number[][] = [];

  constructor(
    private readonly truth: PointTruth,
    private readonly limit: number,
  ) {}

  async of(index: IndexRef, probes: readonly Probe[]): Promise<this> {
    Object.assign(this, { index, probes, best: probes.map(() => []) });
    const documents = new Set<string>();
    let seen = 0;
    for (let after = ''; ; ) {
      const points = await this.truth.list(index, after, page);
      const ids = points.filter(({ live }) => live).map(({ id }) => id);
      await this.add(index, ids);
      for (const { documentId } of points) documents.add(documentId);
      seen += points.length;
      if (points.length < page) return this;
      after = points.at(-1)?.id ?? after;
      if (seen >= mostPoints) break;
    }
    return this.ofDocuments(index, [...documents]);
  }

  /** How many of the hits a store gave are as near as the exact ones, from 0 to 1; undefined where there is nothing to find. */
  async overlap(place: number, hits: readonly Hit[]): Promise<number | undefined> {
    const best = this.best[place] ?? [];
    const probe = this.probes[place];
    const least = best.at(-1);
    if (!probe || !this.index || least === undefined) return undefined;
    const ids = hits.map(({ id }) => id);
    const { points } = await this.truth.read(this.index, ids);
    const good = points.filter((point) => (score(probe, point) ?? 0) >= least - tolerance);
    return Math.min(1, good.length / best.length);
  }

  /** Documents whose points were seen, each as a whole, until there are enough. */
  private async ofDocuments(index: IndexRef, ids: readonly string[]): Promise<this> {
    this.best = this.probes.map(() => []);
    const chosen: string[] = [];
    for (let seen = 0; seen < mostPoints && chosen.length < Math.min(ids.length, 100); ) {
      const documentId = ids[chosen.length] ?? '';
      chosen.push(documentId);
      for (let after = ''; ; ) {
        const points = await this.truth.list(index, after, page, documentId);
        seen += points.length;
        await this.add(
          index,
          points.filter(({ live }) => live).map(({ id }) => id),
        );
        if (points.length < page) break;
        after = points.at(-1)?.id ?? after;
      }
    }
    this.documentIds = chosen;
    return this;
  }

  private async add(index: IndexRef, ids: readonly string[]): Promise<void> {
    const { points, documents } = await this.truth.read(index, ids);
    const enabled = new Set(documents.filter((document) => document.enabled).map(({ documentId }) => documentId));
    for (const point of points) {
      if (!point.enabled || !enabled.has(point.documentId)) continue;
      for (const [place, probe] of this.probes.entries()) {
        const scored = score(probe, point);
        const best = this.best[place];
        if (scored === undefined || !best) continue;
        best.push(scored);
        best.sort((a, b) => b - a);
        if (best.length > this.limit) best.pop();
      }
    }
  }
}

/** Cosine, or the weight of shared terms without their rarity; undefined where no term is shared. */
function score(probe: Probe, point: Point): number | undefined {
  if ('dense' in probe) return cosine(probe.dense, point.dense);
  const weights = [...probe.sparse.indices].map((term) => point.sparse.values[point.sparse.indices.indexOf(term)] ?? 0);
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return sum > 0 ? sum : undefined;
}

function cosine(a: Float32Array, b: Float32Array): number {
  let [dot, lengthA, lengthB] = [0, 0, 0];
  for (let place = 0; place < a.length; place += 1) {
    const [x, y] = [a[place] ?? 0, b[place] ?? 0];
    dot += x * y;
    lengthA += x * x;
    lengthB += y * y;
  }
  return dot / (Math.sqrt(lengthA * lengthB) || 1);
}
