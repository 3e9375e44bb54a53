import { describe, expect, it } from 'vitest';
import { chooseVersion } from './choose-version.js';

const keys = Array.from({ length: 2_000 }, (_, index) => `run-${index}`);
const candidates = (candidateShare: number) =>
  new Set(
    keys.filter((key) => chooseVersion('shop', { servingVersion: 1, candidateVersion: 2, candidateShare }, key) === 2),
  );

describe('choosing a version', () => {
  it('gives the candidate about its share, and always the same callers', () => {
    const some = candidates(25);
    expect(some.size / keys.length).toBeGreaterThan(0.2);
    expect(some.size / keys.length).toBeLessThan(0.3);
    expect(candidates(25)).toEqual(some);
  });

  it('only ever adds callers as the share grows', () => {
    const more = candidates(60);
    expect([...candidates(25)].every((key) => more.has(key))).toBe(true);
    expect(candidates(0).size).toBe(0);
  });
});
