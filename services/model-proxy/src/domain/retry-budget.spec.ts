import { describe, expect, it } from 'vitest';
import { RetryBudget } from './retry-budget.js';

function setup() {
  const clock = { now: 0 };
  const budget = new RetryBudget(0.1, 5, () => clock.now);
  const offer = (calls: number) => Array.from({ length: calls }, () => budget.offered());
  const taken = (wanted: number) => Array.from({ length: wanted }, () => budget.take()).filter(Boolean).length;
  return { clock, offer, taken };
}

describe('the retry budget', () => {
  it('gives the first few to whoever comes', () => {
    expect(setup().taken(10)).toBe(5);
  });

  it('gives a tenth of the calls of the last minute', () => {
    const { clock, offer, taken } = setup();
    offer(100);
    clock.now = 31_000;
    offer(100);
    expect(taken(100)).toBe(20);
    clock.now = 62_000;
    // The first hundred is forgotten, what was taken beside the second is not.
    expect(taken(100)).toBe(0);
    clock.now = 200_000;
    expect(taken(100)).toBe(5);
  });
});
