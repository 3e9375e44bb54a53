import { termsOf } from '@treadle/words';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { matchesOf, scoresOf } from './soft-terms.js';

const words = (least: number) =>
  fc.array(fc.stringMatching(/^[a-d]{1,8}$/), { minLength: least, maxLength: 8 }).map((all) => all.join(' '));

it('never scores a text lower for having more of what is asked for', () => {
  fc.assert(
    fc.property(
      words(1),
      words(0),
      fc.array(words(0), { maxLength: 5 }),
      fc.nat(),
      fc.double({ min: -1, max: 1, noNaN: true }),
      (query, text, others, drawn, nearness) => {
        const asked = termsOf(query);
        fc.pre(asked.length > 0);
        const score = (own: string) => {
          const read = [own, ...others].map((one) => ({ matches: matchesOf(asked, termsOf(one)), nearness }));
          return scoresOf(read)[0] ?? Number.NaN;
        };
        const more = `${text} ${asked[drawn % asked.length]?.word}`;
        expect(score(more)).toBeGreaterThanOrEqual(score(text) - 1e-12);
        expect(Math.abs(score(more))).toBeLessThanOrEqual(1 + 1e-12);
      },
    ),
  );
});
