import type { PointTruth, TruePoint } from './upkeep-ports.js';
import type { IndexRef, StoredPoint, VectorStore } from './vector-store.js';

/** How the copy of some points differs from the truth. */
export interface Differences {
  /** Live points that the store does not have. */
  readonly missing: readonly string[];
  /** Points that only the store has. */
  readonly extra: readonly string[];
  /** Points whose own version, or whose document's, is another. */
  readonly stale: readonly string[];
}

export interface ComparedPage extends Differences {
  /** Live points that were looked at. */
  readonly points: number;
  /** The last id that was looked at; undefined when there is nothing after it. */
  readonly next: string | undefined;
}

/** Points that are compared, and written, at a time. */
const comparedPoints = 1000;
const broughtPoints = 250;
/** How often points are written again because they changed meanwhile. */
const attempts = 5;

/** The points of a store as a copy of the truth: compared with it, and brought to it. */
export class StoreCopy {
  constructor(
    readonly store: VectorStore,
    readonly truth: PointTruth,
  ) {}

  /** Makes room where a space has held nothing so far. One that has and is gone is lost: rebuilding makes it, not the next write. */
  async prepare(index: IndexRef): Promise<void> {
    if (this.store.isTold && !(await this.truth.isServed(index.space))) await this.store.prepare(index);
  }

  /** Makes the store hold these points as the truth has them, and none that is gone; also where they change at the same time. */
  async bring(index: IndexRef, ids: readonly string[]): Promise<void> {
    for (let from = 0; from < ids.length; from += broughtPoints)
      await this.bringSome(index, ids.slice(from, from + broughtPoints));
  }

  /** Makes the store describe a document as the truth does; also where it changes at the same time. */
  async describe(index: IndexRef, documentId: string): Promise<void> {
    for (let attempt = 0, before = -1; attempt < attempts; attempt += 1) {
      const payload = await this.truth.payload(index.indexId, documentId);
      if (!payload || payload.changedAt === before) return;
      before = payload.changedAt;
      await this.store.describe(index, payload);
    }
  }

  /** Brings every point of an index, or of one of its documents. */
  async bringAll(index: IndexRef, documentId?: string): Promise<void> {
    for (let after: string | undefined = ''; after !== undefined; ) {
      const page: ComparedPage = await this.compare(index, after, documentId);
      await this.bring(index, [...page.missing, ...page.extra, ...page.stale]);
      after = page.next;
    }
  }

  /** Compares the next points of an index, or of one of its documents. What changes meanwhile may count as a difference. */
  async compare(index: IndexRef, after: string, documentId?: string): Promise<ComparedPage> {
    const truth = await this.truth.list(index, after, comparedPoints, documentId);
    const stored = await this.store.scroll(index, after, comparedPoints, documentId);
    const ends = [truth, stored].flatMap((page) => (page.length < comparedPoints ? [] : [page.at(-1)?.id ?? '']));
    const next = ends.sort()[0];
    const isIn = ({ id }: StoredPoint) => next === undefined || id <= next;
    return { ...differences(truth.filter(isIn), stored.filter(isIn)), next };
  }

  /** As `compare`, without what is only on its way: differences are looked at twice. */
  async compareTwice(index: IndexRef, after: string): Promise<ComparedPage> {
    const first = await this.compare(index, after);
    if (countOf(first) === 0) return first;
    const second = await this.compare(index, after);
    const next = [first.next, second.next].filter((id) => id !== undefined).sort()[0];
    const both = (one: readonly string[], other: readonly string[]) => {
      const seen = new Set(other);
      return one.filter((id) => seen.has(id) && (next === undefined || id <= next));
    };
    return {
      missing: both(first.missing, second.missing),
      extra: both(first.extra, second.extra),
      stale: both(first.stale, second.stale),
      points: Math.min(first.points, second.points),
      next,
    };
  }

  private async bringSome(index: IndexRef, ids: readonly string[]): Promise<void> {
    let before = '';
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const known = await this.truth.some(index, ids);
      const now = JSON.stringify(known);
      if (now === before) return;
      before = now;
      const { points, documents } = await this.truth.read(index, ids);
      if (points.length > 0) await this.store.upsert(index, points, documents);
      const there = new Set(known.map(({ id }) => id));
      const gone = ids.filter((id) => !there.has(id));
      if (gone.length > 0) await this.store.remove(index, { ids: gone });
      // Written as they were read. Looking again finds what changed in between, whose own write may have come before this one.
    }
  }
}

export function countOf({ missing, extra, stale }: Differences): number {
  return missing.length + extra.length + stale.length;
}

/** Both in the order of their ids, over the same stretch of ids. */
function differences(truth: readonly TruePoint[], stored: readonly StoredPoint[]): Differences & { points: number } {
  const held = new Map(stored.map((point) => [point.id, point]));
  const known = new Set(truth.map(({ id }) => id));
  const live = truth.filter((point) => point.live);
  const missing = live.filter(({ id }) => !held.has(id)).map(({ id }) => id);
  const stale = live
    .filter((point) => {
      const copy = held.get(point.id);
      return copy && (copy.version !== point.version || copy.changedAt !== point.changedAt);
    })
    .map(({ id }) => id);
  const extra = stored.filter(({ id }) => !known.has(id)).map(({ id }) => id);
  return { missing, extra, stale, points: live.length };
}
