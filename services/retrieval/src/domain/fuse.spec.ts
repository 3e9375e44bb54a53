import { expect, it } from 'vitest';
import { byReciprocalRank, byWeights } from './fuse.js';

const list = (...ids: readonly string[]) => ids.map((id, index) => ({ id, score: 10 - index }));
const ids = (ranked: readonly { id: string }[]) => ranked.map(({ id }) => id);

it('puts what both lists hold first, and equal ranks in the order of ids', () => {
  expect(ids(byReciprocalRank([list('a', 'b', 'c'), list('c', 'd')]))).toEqual(['c', 'a', 'b', 'd']);
  expect(ids(byReciprocalRank([list('b'), list('a')]))).toEqual(['a', 'b']);
  expect(byReciprocalRank([])).toEqual([]);
});

it('weighs lists of any scale alike', () => {
  const semantic = [
    { id: 'a', score: 0.9 },
    { id: 'b', score: 0.45 },
  ];
  const words = [
    { id: 'b', score: 20 },
    { id: 'c', score: 10 },
  ];
  expect(
    byWeights([
      { list: semantic, weight: 0.5 },
      { list: words, weight: 0.5 },
    ]),
  ).toEqual([
    { id: 'b', score: 0.75 },
    { id: 'a', score: 0.5 },
    { id: 'c', score: 0.25 },
  ]);
});
