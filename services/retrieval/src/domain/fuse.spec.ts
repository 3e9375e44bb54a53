import { expect, it } from 'vitest';
import { byReciprocalRank, byWeights } from './fuse.js';

const list = (...ids: readonly string[]) => ids.map((id, index) => ({ id, score: 10 - index }));
const ids = (ranked: readonly { id: string }[]) => ranked.map(({ id }) => id);

it('puts what both lists hold first, and equal ranks in the order of ids', () => {
  expect(ids(byReciprocalRank([list('a', 'b', 'c'), list('c', 'd')]))).toEqual(['c', 'a', 'b', 'd']);
  expect(ids(byReciprocalRank([list('b'), list('a')]))).toEqual(['a', 'b']);
  expect(byReciprocalRank([])).toEqual([]);
});

it('weighs lists of any scale alike, from their floor to their best', () => {
  const semantic = [
    { id: 'a', score: 0.9 },
    { id: 'b', score: 0.8 },
    { id: 'c', score: 0.7 },
  ];
  const words = [
    { id: 'b', score: 20 },
    { id: 'd', score: 10 },
  ];
  const fused = byWeights([
    { list: semantic, weight: 0.5 },
    { list: words, weight: 0.5, floor: 0 },
  ]);
  expect(ids(fused)).toEqual(['b', 'a', 'd', 'c']);
  expect(fused.map(({ score }) => Math.round(score * 1e6) / 1e6)).toEqual([0.75, 0.5, 0.25, 0]);
  expect(byWeights([{ list: [{ id: 'a', score: -1 }], weight: 1 }])).toEqual([{ id: 'a', score: 1 }]);
});
