import { invalid } from './dataset.js';
import { countOf, type StoreCopy } from './store-copy.js';
import type { IndexScope } from './upkeep-ports.js';
import type { IndexName, IndexRef, VectorSpace } from './vector-store.js';

export interface VerifyQuestion {
  readonly scope: Pick<IndexScope, 'tenantId' | 'datasetIds'>;
  /** Whether differences are only counted. */
  readonly dryRun: boolean;
  readonly cursor: string;
}

export interface DatasetDifferences {
  readonly tenantId: string;
  /** Empty for points of indexes that are gone. */
  readonly datasetId: string;
  points: number;
  missing: number;
  extra: number;
  stale: number;
}

export interface Verified {
  readonly datasets: readonly DatasetDifferences[];
  readonly nextCursor: string;
}

/** Where the next call goes on: in an index after a point, or with the copies that indexes have left behind. */
type Place = { readonly index: string; readonly after: string } | { readonly leftovers: true };

/** Points that one call looks at, roughly. */
const pointsOfCall = 10_000;
const indexPage = 100;

/** Walks through every index by ids, compares PostgreSQL with the store, and mends what differs. In memory is a page of each. */
export class VerifyStore {
  constructor(private readonly copy: StoreCopy) {}

  /** Throws FailureError `unavailable` while the store is away, or has lost a copy that would have to be mended. */
  async verify(question: VerifyQuestion): Promise<Verified> {
    const place = placeOf(question.cursor);
    if ('leftovers' in place) return { datasets: await this.leftovers(question), nextCursor: '' };
    const found = new Map<string, DatasetDifferences>();
    let [seen, { index: from, after }] = [0, place];
    while (seen < pointsOfCall) {
      // The index in which the last call ended, or the one after.
      const index = await (after === '' ? this.nextIndex(question, from) : this.indexIn(question, from));
      if (!index && after === '') return { datasets: [...found.values()], nextCursor: afterIndexes(question) };
      if (index) {
        const page = await this.compare(index, after, question.dryRun);
        add(found, index, page);
        seen += Math.max(page.points, indexPage);
        after = page.next ?? '';
      } else after = '';
      from = index?.indexId ?? from;
    }
    return { datasets: [...found.values()], nextCursor: cursorOf({ index: from, after }) };
  }

  private async compare(index: IndexRef, after: string, dryRun: boolean) {
    const page = await this.copy.compareTwice(index, after);
    if (!dryRun && countOf(page) > 0) await this.copy.bring(index, [...page.missing, ...page.extra, ...page.stale]);
    return page;
  }

  private async nextIndex({ scope }: VerifyQuestion, after: string): Promise<IndexRef | undefined> {
    const [index] = await this.copy.truth.indexes(scope, after, 1);
    return index;
  }

  private async indexIn({ scope }: VerifyQuestion, indexId: string): Promise<IndexRef | undefined> {
    const index = await this.copy.truth.index(indexId);
    const isIn = scope.tenantId === undefined || index?.tenantId === scope.tenantId;
    return isIn && (!scope.datasetIds || scope.datasetIds.includes(index?.datasetId ?? '')) ? index : undefined;
  }

  /** Points of indexes that PostgreSQL knows no more. */
  private async leftovers({ scope: { tenantId }, dryRun }: VerifyQuestion): Promise<DatasetDifferences[]> {
    const { store, truth } = this.copy;
    const found = new Map<string, DatasetDifferences>();
    for (const space of await truth.spaces()) {
      const held = (await store.indexes(space)).filter((name) => !tenantId || name.tenantId === tenantId);
      const known = await truth.known(held.map(({ indexId }) => indexId));
      for (const name of held.filter(({ indexId }) => !known.has(indexId))) {
        const index = gone(name, space);
        const ids = { length: await store.count(index) };
        add(found, index, { missing: [], extra: ids, stale: [], points: 0 });
        if (!dryRun) await store.remove(index, { all: true });
      }
    }
    return [...found.values()];
  }
}

const gone = (name: IndexName, space: VectorSpace): IndexRef => ({ ...name, space, datasetId: '', revision: 0 });

/** What single datasets have left behind cannot be told: a dataset that is asked for is there. */
function afterIndexes({ scope }: VerifyQuestion): string {
  return scope.datasetIds ? '' : cursorOf({ leftovers: true });
}

type Counted = Record<'missing' | 'extra' | 'stale', { readonly length: number }> & { readonly points: number };

function add(found: Map<string, DatasetDifferences>, { tenantId, datasetId }: IndexRef, page: Counted): void {
  const key = `${tenantId}/${datasetId}`;
  const sum = found.get(key) ?? { tenantId, datasetId, points: 0, missing: 0, extra: 0, stale: 0 };
  found.set(key, sum);
  sum.points += page.points;
  sum.missing += page.missing.length;
  sum.extra += page.extra.length;
  sum.stale += page.stale.length;
}

function cursorOf(place: Place): string {
  return 'leftovers' in place ? 'leftovers' : `${place.index}_${place.after}`;
}

function placeOf(cursor: string): Place {
  if (cursor === '') return { index: '', after: '' };
  if (cursor === 'leftovers') return { leftovers: true };
  const [, index, after] = /^([0-9a-f-]{36})_([0-9a-f-]{36}|)$/.exec(cursor) ?? [];
  if (index === undefined || after === undefined)
    throw invalid('cursor', 'The cursor is none that was given. Begin without one.');
  return { index, after };
}
