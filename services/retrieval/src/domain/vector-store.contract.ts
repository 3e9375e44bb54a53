import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { noTerms, type SparseVector } from './sparse-vector.js';
import type { DocumentPayload, Hit, IndexRef, Point, PointSelection, VectorStore } from './vector-store.js';

/** A store and the way writes reach it: committed to the truth first where the store reads it, then told to the store. */
export interface StoreUnderTest {
  readonly store: VectorStore;
  /** An index that holds nothing yet, at revision 0; of another tenant each time. */
  newIndex(dimensions: number): Promise<IndexRef>;
  /** Writes points at the next revision, and gives the index at that revision. */
  upsert(index: IndexRef, points: readonly Point[], documents: readonly DocumentPayload[]): Promise<IndexRef>;
  remove(index: IndexRef, selection: PointSelection): Promise<IndexRef>;
  readonly describe: (index: IndexRef, document: DocumentPayload) => Promise<IndexRef>;
  close(): Promise<void>;
}

const document = (documentId: string, metadata: DocumentPayload['metadata'] = {}, enabled = true): DocumentPayload => ({
  documentId,
  enabled,
  metadata,
  changedAt: 1700000000000,
});

const words = (...terms: readonly (readonly [id: number, weight: number])[]): SparseVector => {
  const sorted = [...terms].sort(([a], [b]) => a - b);
  return {
    indices: new Uint32Array(sorted.map(([id]) => id)),
    values: new Float32Array(sorted.map(([, weight]) => weight)),
  };
};

const point = (documentId: string, dense: readonly number[], more: Partial<Point> = {}): Point => ({
  id: randomUUID(),
  documentId,
  dense: new Float32Array(dense),
  sparse: noTerms,
  enabled: true,
  version: 1,
  ...more,
});

const idsOf = (hits: readonly Hit[]) => hits.map(({ id }) => id);
const dense = (...values: readonly number[]) => ({ dense: new Float32Array(values) });

/** Every vector store does these. `make` gives one that may hold points of other indexes. */
export function describeVectorStore(name: string, make: () => Promise<StoreUnderTest>): void {
  describe(`vector store: ${name}`, () => {
    let under: StoreUnderTest;
    let store: VectorStore;
    let index: IndexRef;
    const [a, b] = [randomUUID(), randomUUID()];

    beforeAll(async () => {
      under = await make();
      store = under.store;
    });
    beforeEach(async () => {
      index = await under.newIndex(4);
      await store.prepare(index);
      await store.prepare(index);
    });
    afterAll(() => under.close());

    it('finds what is nearest by angle, whatever the lengths', async () => {
      const near = point(a, [10, 1, 0, 0]);
      const far = point(a, [0, 0, 1, 0]);
      const middle = point(b, [0.1, 0.1, 0, 0]);
      const at = await under.upsert(index, [far, near, middle], [document(a), document(b)]);
      const hits = await store.search(at, { probe: dense(1, 0, 0, 0), limit: 2 });
      expect(idsOf(hits)).toEqual([near.id, middle.id]);
      expect(hits[0]).toMatchObject({ documentId: a });
      expect(hits[0]?.score).toBeCloseTo(10 / Math.sqrt(101), 4);
      expect(await store.search(at, { probe: dense(1, 0, 0, 0), limit: 10 })).toHaveLength(3);
    });

    it('puts points with equal scores in the order of their ids', async () => {
      const same = Array.from({ length: 5 }, () => point(a, [0, 1, 0, 0]));
      const at = await under.upsert(index, same, [document(a)]);
      const hits = await store.search(at, { probe: dense(0, 1, 0, 0), limit: 5 });
      expect(idsOf(hits)).toEqual(same.map(({ id }) => id).sort());
    });

    it('ranks rare words above common ones and finds no point without any of them', async () => {
      const rare = point(a, [1, 0, 0, 0], { sparse: words([1, 1], [7, 1]) });
      const common = Array.from({ length: 5 }, () => point(b, [1, 0, 0, 0], { sparse: words([1, 1]) }));
      const other = point(b, [1, 0, 0, 0], { sparse: words([4_000_000_000, 1]) });
      const at = await under.upsert(index, [...common, rare, other], [document(a), document(b)]);
      const hits = await store.search(at, { probe: { sparse: words([1, 1], [7, 1]) }, limit: 10 });
      expect(hits[0]?.id).toBe(rare.id);
      expect(hits).toHaveLength(6);
      expect(hits[0]?.score).toBeGreaterThan((hits[1]?.score ?? 0) * 2);
      const large = await store.search(at, { probe: { sparse: words([4_000_000_000, 1]) }, limit: 10 });
      expect(idsOf(large)).toEqual([other.id]);
      expect(await store.search(at, { probe: { sparse: words([99, 1]) }, limit: 10 })).toEqual([]);
    });

    it('weighs a word by how much a point says it', async () => {
      const [little, much] = [0.5, 1.5].map((weight) => point(a, [1, 0, 0, 0], { sparse: words([3, weight]) }));
      const at = await under.upsert(index, [little!, much!], [document(a)]);
      const hits = await store.search(at, { probe: { sparse: words([3, 1]) }, limit: 10 });
      expect(idsOf(hits)).toEqual([much!.id, little!.id]);
      expect(hits[0]!.score / hits[1]!.score).toBeCloseTo(3, 3);
    });

    it('gives up nothing of another index, of the same vectors', async () => {
      const other = await under.newIndex(4);
      await store.prepare(other);
      const mine = point(a, [1, 0, 0, 0], { sparse: words([1, 1]) });
      const theirs = point(a, [1, 0, 0, 0], { sparse: words([1, 1]) });
      const atMine = await under.upsert(index, [mine], [document(a)]);
      const atTheirs = await under.upsert(other, [theirs], [document(a)]);
      for (const probe of [dense(1, 0, 0, 0), { sparse: words([1, 1]) }]) {
        expect(idsOf(await store.search(atMine, { probe, limit: 10 }))).toEqual([mine.id]);
        expect(idsOf(await store.search(atTheirs, { probe, limit: 10, documentIds: [a] }))).toEqual([theirs.id]);
      }
      expect([await store.count(atMine), await store.count(atTheirs)]).toEqual([1, 1]);
      const emptied = await under.remove(other, { all: true });
      expect(await store.count(emptied)).toBe(0);
      expect(idsOf(await store.search(atMine, { probe: dense(1, 0, 0, 0), limit: 10 }))).toEqual([mine.id]);
    });

    it('takes the same points again and replaces what has changed', async () => {
      const first = point(a, [1, 0, 0, 0], { sparse: words([1, 1]) });
      let at = await under.upsert(index, [first], [document(a)]);
      at = await under.upsert(at, [first], [document(a)]);
      expect(await store.count(at)).toBe(1);
      at = await under.upsert(
        at,
        [{ ...first, dense: new Float32Array([0, 1, 0, 0]), sparse: words([2, 1]) }],
        [document(a)],
      );
      const [hit] = await store.search(at, { probe: dense(0, 1, 0, 0), limit: 10 });
      expect(hit?.score).toBeCloseTo(1, 4);
      expect(await store.search(at, { probe: { sparse: words([1, 1]) }, limit: 10 })).toEqual([]);
      expect(await store.search(at, { probe: { sparse: words([2, 1]) }, limit: 10 })).toHaveLength(1);
      expect(await store.count(at)).toBe(1);
    });

    it('removes points, documents and everything', async () => {
      const points = [point(a, [1, 0, 0, 0]), point(a, [1, 0, 0, 0]), point(b, [1, 0, 0, 0]), point(b, [1, 0, 0, 0])];
      let at = await under.upsert(index, points, [document(a), document(b)]);
      const find = () => store.search(at, { probe: dense(1, 0, 0, 0), limit: 10 });
      expect(await find()).toHaveLength(4);
      at = await under.remove(at, { ids: [points[0]!.id, randomUUID()] });
      expect(await find()).toHaveLength(3);
      at = await under.remove(at, { documentIds: [b] });
      expect(idsOf(await find())).toEqual([points[1]!.id]);
      at = await under.remove(at, { all: true });
      expect(await find()).toEqual([]);
      expect(await store.count(at)).toBe(0);
    });

    it('finds neither disabled points nor points of disabled documents, and counts both', async () => {
      const points = [point(a, [1, 0, 0, 0]), point(a, [1, 0, 0, 0], { enabled: false }), point(b, [1, 0, 0, 0])];
      let at = await under.upsert(index, points, [document(a), document(b, {}, false)]);
      const find = () => store.search(at, { probe: dense(1, 0, 0, 0), limit: 10 });
      expect(idsOf(await find())).toEqual([points[0]!.id]);
      at = await under.describe(at, document(b));
      expect(await find()).toHaveLength(2);
      at = await under.describe(at, document(a, {}, false));
      expect(idsOf(await find())).toEqual([points[2]!.id]);
      expect(await store.count(at)).toBe(3);
    });

    it('looks only into the documents it is given', async () => {
      const points = [
        point(a, [1, 0, 0, 0], { sparse: words([1, 1]) }),
        point(b, [1, 0, 0, 0], { sparse: words([1, 1]) }),
      ];
      const at = await under.upsert(index, points, [document(a), document(b)]);
      for (const probe of [dense(1, 0, 0, 0), { sparse: words([1, 1]) }]) {
        expect(idsOf(await store.search(at, { probe, limit: 10, documentIds: [b] }))).toEqual([points[1]!.id]);
        expect(await store.search(at, { probe, limit: 10, documentIds: [] })).toEqual([]);
      }
    });

    it('scores only the points it is given by id', async () => {
      const points = [point(a, [1, 0, 0, 0]), point(a, [1, 1, 0, 0]), point(b, [0, 1, 0, 0])].map((one) => ({
        ...one,
        sparse: words([1, 1]),
      }));
      const at = await under.upsert(index, points, [document(a), document(b)]);
      const ids = [points[2]!.id, points[1]!.id, randomUUID()];
      const near = await store.search(at, { probe: dense(1, 0, 0, 0), limit: 10, ids });
      expect(idsOf(near)).toEqual([points[1]!.id, points[2]!.id]);
      expect(near[0]?.score).toBeCloseTo(Math.SQRT1_2, 4);
      expect(await store.search(at, { probe: { sparse: words([1, 1]) }, limit: 10, ids })).toHaveLength(2);
      expect(await store.search(at, { probe: dense(1, 0, 0, 0), limit: 10, ids: [] })).toEqual([]);
    });

    it('takes the filters it understands, also after metadata have changed', async () => {
      const points = [point(a, [1, 0, 0, 0]), point(b, [0.9, 0.1, 0, 0])];
      let at = await under.upsert(index, points, [
        document(a, { year: 1999, kind: 'report' }),
        document(b, { year: 2020 }),
      ]);
      const find = async (
        field: string,
        operator: '=' | 'is' | '>' | 'in' | 'empty',
        value?: string | number | string[],
      ) => {
        const filter = {
          logic: 'and' as const,
          conditions: [{ field, operator, ...(value !== undefined && { value }) }],
        };
        if (!store.understands(filter)) return undefined;
        return idsOf(await store.search(at, { probe: dense(1, 0, 0, 0), limit: 10, filter }));
      };
      const expected = (found: string[] | undefined, wanted: readonly number[]) =>
        expect(found ?? wanted.map((place) => points[place]!.id)).toEqual(wanted.map((place) => points[place]!.id));
      expected(await find('year', '=', 1999), [0]);
      expected(await find('year', '>', 1990), [0, 1]);
      expected(await find('kind', 'is', 'report'), [0]);
      expected(await find('kind', 'in', ['report', 'letter']), [0]);
      expected(await find('kind', 'empty'), [1]);
      at = await under.describe(at, document(b, { year: 1999, kind: 'letter' }));
      expected(await find('year', '=', 1999), [0, 1]);
      expected(await find('kind', 'empty'), []);
    });

    it('lists every point once, page by page', async () => {
      const points = Array.from({ length: 7 }, (_, place) => point(place < 3 ? a : b, [1, place, 0, 0]));
      const at = await under.upsert(index, points, [document(a), document(b)]);
      const listed: string[] = [];
      for (let after = ''; ; after = listed.at(-1)!) {
        const page = await store.scroll(at, after, 3);
        listed.push(...page.map(({ id }) => id));
        if (page.length < 3) break;
      }
      expect(listed).toEqual(points.map(({ id }) => id).sort());
      const [first] = await store.scroll(at, '', 1);
      expect(first).toEqual({
        id: listed[0],
        documentId: points.find(({ id }) => id === listed[0])!.documentId,
        version: 1,
        changedAt: 1700000000000,
      });
      const ofA = await store.scroll(at, '', 10, a);
      expect(ofA.map(({ id }) => id)).toEqual(
        points
          .slice(0, 3)
          .map(({ id }) => id)
          .sort(),
      );
    });

    it('fills a generation beside the one that serves, and switches to it in one step', async () => {
      const points = [
        point(a, [1, 0, 0, 0], { sparse: words([1, 1]) }),
        point(a, [0.9, 0.1, 0, 0], { sparse: words([2, 1]) }),
      ];
      const at = await under.upsert(index, points, [document(a)]);
      const { serving, others } = await store.generations(index.space);
      const generation = await store.begin(index.space);
      expect(await store.generations(index.space)).toEqual({ serving, others: [...others, generation] });
      const beside = { ...at, generation };
      if (store.isTold) expect(await store.count(beside)).toBe(0);
      await store.upsert(beside, points, [document(a)]);
      expect(await store.count(beside)).toBe(2);
      for (const probe of [dense(1, 0, 0, 0), { sparse: words([1, 1]) }])
        expect((await store.search(beside, { probe, limit: 10 }))[0]?.id).toBe(points[0]!.id);
      await store.serve(index.space, generation);
      expect((await store.generations(index.space)).serving).toBe(generation);
      await store.discard(index.space, serving!);
      expect(await store.generations(index.space)).toEqual({ serving: generation, others });
      const later = await under.upsert(at, [point(a, [0, 0, 0, 1])], [document(a)]);
      expect(await store.search(later, { probe: dense(1, 0, 0, 0), limit: 10 })).toHaveLength(3);
      expect(await store.count(later)).toBe(3);
      const abandoned = await store.begin(index.space);
      expect(abandoned).not.toBe(generation);
      await store.discard(index.space, abandoned);
      expect((await store.generations(index.space)).others).toEqual(others);
      if (store.isTold)
        expect(await store.indexes(index.space)).toContainEqual({ tenantId: index.tenantId, indexId: index.indexId });
    });

    it('answers nothing from an index that holds nothing', async () => {
      expect(await store.search(index, { probe: dense(1, 0, 0, 0), limit: 3 })).toEqual([]);
      expect(await store.scroll(index, '', 3)).toEqual([]);
      expect(await store.isReady()).toBe(true);
    });
  });
}
