import { expect, it } from 'vitest';
import { sparseOfQuery, sparseOfText, toTsquery, toTsvector } from './words.js';

it('weighs a repeated word less and less, and gives a query its words once', () => {
  const [once, twice] = ['loom', 'loom loom'].map((text) => sparseOfText(text).values[0] ?? 0);
  expect(twice).toBeGreaterThan(once ?? 0);
  expect(twice).toBeLessThan((once ?? 0) * 2);
  expect(sparseOfQuery('loom looms')).toEqual(sparseOfQuery('loom'));
  const { indices } = sparseOfText('many different words stand here in some order');
  expect([...indices]).toEqual([...indices].sort((a, b) => a - b));
});

it('writes what PostgreSQL reads', () => {
  expect(toTsvector("it's a loom; Loom")).toBe("'s':1 'loom':2,3");
  expect(toTsquery("loom & weaver's")).toBe("'loom' | 'weaver' | 's'");
});
