import { describe, expect, it } from 'vitest';
import { inOrder } from './choose-target.js';

const target = (provider: string, weight = 1, order = 0) => ({ provider, model: 'm', weight, order });
const names = (targets: readonly { provider: string }[]) => targets.map(({ provider }) => provider).join('');
const keys = Array.from({ length: 10_000 }, (_, index) => `request ${index}`);
const firsts = (targets: ReturnType<typeof target>[]) => keys.map((key) => inOrder(targets, () => key)[0]?.provider);
const share = (provider: string, chosen: (string | undefined)[]) =>
  chosen.filter((each) => each === provider).length / chosen.length;

describe('the order of targets', () => {
  it('is the same for the same key', () => {
    const targets = [target('a'), target('b'), target('c')];
    for (const key of keys.slice(0, 100))
      expect(names(inOrder(targets, () => key))).toBe(names(inOrder([...targets].reverse(), () => key)));
  });

  it('gives each its share', () => {
    const chosen = firsts([target('a', 6), target('b', 3), target('c', 1)]);
    expect(share('a', chosen)).toBeCloseTo(0.6, 1);
    expect(share('b', chosen)).toBeCloseTo(0.3, 1);
    expect(share('c', chosen)).toBeCloseTo(0.1, 1);
  });

  it('moves only as many calls as a new weight asks for', () => {
    const before = firsts([target('a', 1), target('b', 1)]);
    const after = firsts([target('a', 3), target('b', 1)]);
    const moved = keys.filter((_, index) => before[index] !== after[index]);
    expect(moved.length / keys.length).toBeCloseTo(0.25, 1);
    expect(before.every((provider, index) => provider === 'b' || after[index] === 'a')).toBe(true);
  });

  it('asks a higher order later, and those without weight last, as listed', () => {
    const targets = [target('z', 0), target('y', 0), target('b', 1, 1), target('a')];
    expect(names(inOrder(targets, () => 'k'))).toBe('azyb');
  });

  it('makes no key where nothing depends on it', () => {
    const key = () => {
      throw new Error('not needed');
    };
    expect(names(inOrder([target('a'), target('b', 0), target('c', 0)], key))).toBe('abc');
  });
});
