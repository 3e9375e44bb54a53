import { FailureError } from '@treadle/failure';
import { ExactHits, type Probe } from './exact-hits.js';
import { countOf, type StoreCopy } from './store-copy.js';
import type { IndexRef, Point, VectorSpace } from './vector-store.js';

/** A copy that is not what it should be; it does not get to serve. */
export class CheckFailed extends FailureError {}

/** Hits of a sample query that have to be among the nearest, on average. */
const leastOverlap = 0.9;
const nearest = 10;
const sampledIndexes = 10;
const samplesOfIndex = 4;
const indexPage = 100;
const comparisons = 5;

/** Of the exact hits, how many each sample query found, from 0 to 1. */
interface Overlaps {
  readonly meaning: number[];
  readonly words: number[];
}

/** Checks a generation before it serves: the count of every index, and sample queries against exact computation over PostgreSQL's vectors. */
export class CheckCopy {
  constructor(private readonly copy: StoreCopy) {}

  /**
   * Gives what it found, as a sentence.
   * @param catchUp brings the generation up to now: an index that is written to is counted again after it.
   * @throws CheckFailed
   */
  async check(space: VectorSpace, generation: string, catchUp: () => Promise<unknown>): Promise<string> {
    const totals = { indexes: 0, points: 0 };
    const sampled: IndexRef[] = [];
    for (let after = ''; ; ) {
      const page = await this.copy.truth.indexes({ space }, after, indexPage);
      for (const index of page) {
        const points = await this.count({ ...index, generation }, catchUp);
        totals.indexes += 1;
        totals.points += points;
        if (points > 0) sample(sampled, { ...index, generation }, totals.indexes);
      }
      if (page.length < indexPage) break;
      after = page.at(-1)?.indexId ?? after;
    }
    const { points, indexes } = totals;
    return `${points} points in ${indexes} indexes, as in PostgreSQL; ${await this.search(sampled, catchUp)}`;
  }

  /** Counts first, since that is cheap; where the numbers differ, points are compared one by one. */
  private async count(index: IndexRef, catchUp: () => Promise<unknown>): Promise<number> {
    const { store, truth } = this.copy;
    for (let attempt = 1; ; attempt += 1) {
      const [held, wanted] = [await store.count(index), await truth.count(index)];
      if (held === wanted) return held;
      await catchUp();
      const wrong = await this.compare(index);
      if (wrong === 0) return wanted;
      if (attempt < comparisons) continue;
      const message = `The new copy of index ${index.indexId} holds ${held} points where PostgreSQL has ${wanted}; ${wrong} differ. The old copy serves on.`;
      throw new CheckFailed({ code: 'unavailable', message, retryable: false });
    }
  }

  private async compare(index: IndexRef): Promise<number> {
    let wrong = 0;
    for (let after: string | undefined = ''; after !== undefined; ) {
      const page: Awaited<ReturnType<StoreCopy['compareTwice']>> = await this.copy.compareTwice(index, after);
      wrong += countOf(page);
      after = page.next;
    }
    return wrong;
  }

  private async search(indexes: readonly IndexRef[], catchUp: () => Promise<unknown>): Promise<string> {
    const overlaps: Overlaps = { meaning: [], words: [] };
    for (const index of indexes) {
      const { meaning, words } = await this.overlapsOf(index, catchUp);
      overlaps.meaning.push(...meaning);
      overlaps.words.push(...words);
    }
    return [verdict('meaning', overlaps.meaning), verdict('words', overlaps.words)].join(', ');
  }

  /** What is written between the exact computation and the search is found by one of them only: too few hits are looked for again. */
  private async overlapsOf(index: IndexRef, catchUp: () => Promise<unknown>): Promise<Overlaps> {
    for (let attempt = 1; ; attempt += 1) {
      const found = await this.compareSearches(index);
      const isEnough = [found.meaning, found.words].every((kind) => kind.length === 0 || mean(kind) >= leastOverlap);
      if (isEnough || attempt >= comparisons) return found;
      await catchUp();
    }
  }

  private async compareSearches(index: IndexRef): Promise<Overlaps> {
    const overlaps: Overlaps = { meaning: [], words: [] };
    const points = await this.someOf(index);
    const probes = points.flatMap((point) => probesOf(index, point));
    const exact = await new ExactHits(this.copy.truth, nearest).of(index, probes);
    for (const [place, probe] of probes.entries()) {
      const documentIds = exact.documentIds && { documentIds: exact.documentIds };
      const hits = await this.copy.store.search(index, { probe, limit: nearest, ...documentIds });
      const overlap = await exact.overlap(place, hits);
      if (overlap !== undefined) overlaps['dense' in probe ? 'meaning' : 'words'].push(overlap);
    }
    return overlaps;
  }

  /** Points from anywhere in the index: those after random ids. */
  private async someOf(index: IndexRef): Promise<Point[]> {
    const { truth } = this.copy;
    const ids = new Set<string>();
    for (let number = 0; number < samplesOfIndex; number += 1) {
      const after = number === 0 ? '' : crypto.randomUUID();
      const [found] = (await truth.list(index, after, 1)).filter(({ live }) => live);
      if (found) ids.add(found.id);
    }
    return (await truth.read(index, [...ids])).points;
  }
}

/** Any of the indexes seen so far is as likely as any other. */
function sample(chosen: IndexRef[], index: IndexRef, seen: number): void {
  if (chosen.length < sampledIndexes) chosen.push(index);
  else {
    const place = Math.floor(Math.random() * seen);
    if (place < sampledIndexes) chosen[place] = index;
  }
}

/** A point's own vector, and its heaviest term: among points with one term, rarity changes no order. */
function probesOf({ space }: IndexRef, { dense, sparse }: Point): Probe[] {
  const heaviest = sparse.values.reduce((best, value, place) => (value > (sparse.values[best] ?? 0) ? place : best), 0);
  const term = sparse.indices[heaviest];
  const words = { indices: Uint32Array.of(term ?? 0), values: Float32Array.of(1) };
  return [...(space.dimensions > 0 ? [{ dense }] : []), ...(term === undefined ? [] : [{ sparse: words }])];
}

function verdict(kind: string, overlaps: readonly number[]): string {
  if (overlaps.length === 0) return `no sample by ${kind}`;
  const found = mean(overlaps);
  const shown = `${(found * 100).toFixed(1)} % of the nearest ${nearest} by ${kind} in ${overlaps.length} queries`;
  if (found >= leastOverlap) return shown;
  const message = `The new copy finds only ${shown}, where ${leastOverlap * 100} % are wanted. The old copy serves on.`;
  throw new CheckFailed({ code: 'unavailable', message, retryable: false });
}

function mean(overlaps: readonly number[]): number {
  return overlaps.reduce((sum, overlap) => sum + overlap, 0) / overlaps.length;
}
