import { describe, expect, it } from 'vitest';
import type { ChatPart } from '../domain/question.js';
import { MemoryResponseCache } from './memory-response-cache.js';

const parts = (text: string): ChatPart[] => [{ type: 'text', text }];

describe('the cache in this process', () => {
  it('keeps tenants apart and forgets in time', async () => {
    const clock = { now: 1 };
    const cache = new MemoryResponseCache(1_000, () => clock.now);
    cache.set('a', 'k', parts('x'), 10);
    expect(await cache.get('a', 'k')).toEqual(parts('x'));
    expect(await cache.get('b', 'k')).toBeUndefined();
    clock.now = 10_002;
    expect(await cache.get('a', 'k')).toBeUndefined();
  });

  it('gives up what was not used longest when it is full, and never takes what does not fit', async () => {
    const cache = new MemoryResponseCache(200);
    for (const key of ['1', '2']) cache.set('t', key, parts('x'.repeat(60)), 10);
    await cache.get('t', '1');
    cache.set('t', '3', parts('x'.repeat(60)), 10);
    cache.set('t', '4', parts('x'.repeat(600)), 10);
    const kept = await Promise.all(['1', '2', '3', '4'].map((key) => cache.get('t', key)));
    expect(kept.map((entry) => entry !== undefined)).toEqual([true, false, true, false]);
  });
});
