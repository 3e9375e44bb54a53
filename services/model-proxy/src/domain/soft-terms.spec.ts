import { termsOf } from '@treadle/words';
import { expect, it } from 'vitest';
import { matchesOf, scoresOf } from './soft-terms.js';

const strengths = (query: string, text: string) =>
  matchesOf(termsOf(query), termsOf(text)).map(({ strength }) => strength);
const scores = (query: string, texts: readonly string[], nearness: readonly number[] = []) =>
  scoresOf(
    texts.map((text, place) => ({
      matches: matchesOf(termsOf(query), termsOf(text)),
      nearness: nearness[place] ?? 0,
    })),
  );

it('knows a term by its stem, and counts it most at the beginning', () => {
  expect(strengths('looms', 'loom: makes cloth')).toEqual([1]);
  const [later = 0] = strengths('looms', 'cloth is made by a loom');
  expect(later).toBeGreaterThan(1 / 3);
  expect(later).toBeLessThan(1);
});

it('counts a word that begins alike, less than any with the same stem, and others not at all', () => {
  const [alike = 0] = strengths('weaver', 'they weave cloth');
  expect(alike).toBeGreaterThan(0);
  expect(alike).toBeLessThan(1 / 3);
  expect(strengths('weaver', 'water and cloth')).toEqual([0]);
});

it('lets a rare term decide over one that all texts have', () => {
  const [common = 0, rare = 0] = scores('thread treadle', ['thread wool', 'treadle thread', 'thread silk', 'thread']);
  expect(rare).toBeGreaterThan(common);
});

it('orders by nearness what has the same terms, or where there is none to look for', () => {
  const [far = 0, near = 0] = scores('loom', ['loom a', 'loom the'], [0.2, 0.8]);
  expect(near).toBeGreaterThan(far);
  expect(scores('what is it', ['loom', 'wool'], [0.8, -0.8])).toEqual([0.1, -0.1]);
  expect(scores('loom', ['loom'], [1])).toEqual([1]);
  expect(scoresOf([])).toEqual([]);
});
