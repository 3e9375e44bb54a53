import { describe, expect, it } from 'vitest';
import { likelyTokens, readRouteRules, tierFor } from './route-rules.js';

const targets = (model: string) => [{ provider: 'p', model }];
const facts = { likelyTokens: () => 100, hint: '', budgetUsed: async () => 0 };
const rules = readRouteRules('r', {
  tiers: [
    { when: { hint: 'small', input_tokens_at_most: 50 }, targets: targets('tiny') },
    { when: { hint: 'small' }, targets: targets('small') },
    { when: { budget_used_at_least: 0.9 }, targets: targets('cheap') },
    { when: { input_tokens_at_least: 1_000 }, targets: targets('long') },
  ],
});
const chosen = async (more: Partial<typeof facts>) => (await tierFor(rules, { ...facts, ...more }))?.[0]?.model;

describe('the tiers of a route', () => {
  it('are chosen by size, hint and budget, the first that fits', async () => {
    expect(await chosen({})).toBeUndefined();
    expect(await chosen({ hint: 'small' })).toBe('small');
    expect(await chosen({ hint: 'small', likelyTokens: () => 20 })).toBe('tiny');
    expect(await chosen({ budgetUsed: async () => 0.95, likelyTokens: () => 5_000 })).toBe('cheap');
    expect(await chosen({ likelyTokens: () => 5_000 })).toBe('long');
  });

  it.each([
    [{ tiers: [{ when: {}, targets: [] }] }, 'rules.tiers.0.targets'],
    [{ fallback_on: ['no_such_code'] }, 'rules.fallback_on.0'],
    [{ cache: { ttl_seconds: -1 } }, 'rules.cache.ttl_seconds'],
    [{ surprise: true }, 'rules'],
  ])('of %o are refused, with the place', (wrong, field) => {
    expect(() => readRouteRules('r', wrong)).toThrow(
      expect.objectContaining({ failure: expect.objectContaining({ field }) }),
    );
  });
});

it('takes four characters for a token', () => {
  expect(likelyTokens([{ role: 'user', text: 'x'.repeat(400) }])).toBe(100);
});
