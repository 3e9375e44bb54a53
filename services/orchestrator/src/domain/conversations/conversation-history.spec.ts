import { describe, expect, it } from 'vitest';
import { newestWithin } from './conversation-history.js';

/** A turn of so many tokens, half of them asked and half answered. */
const turn = (tokens: number, letter = 'x') => {
  const text = letter.repeat(letter === 'x' ? tokens * 2 : tokens / 2);
  return { query: text, answer: text };
};

describe('the newest turns within a number of tokens', () => {
  it.each([
    [30, 3],
    [29, 2],
    [10, 1],
    [9, 0],
    [0, 0],
  ])('of three turns of ten tokens, %d tokens hold %d', (tokens, count) => {
    const turns = [turn(10), turn(10), turn(10)];
    expect(newestWithin(turns, tokens)).toEqual(turns.slice(3 - count));
  });

  it('ends at the first that does not fit, so that no turn is missing in between', () => {
    expect(newestWithin([turn(2), turn(100), turn(2)], 10)).toEqual([turn(2)]);
  });

  it('counts every character of scripts without short words as a token', () => {
    expect(newestWithin([turn(10, '字')], 10)).toHaveLength(1);
    expect(newestWithin([turn(10, '字')], 9)).toHaveLength(0);
  });
});
