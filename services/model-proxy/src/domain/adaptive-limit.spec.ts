import { describe, expect, it } from 'vitest';
import { AdaptiveLimit, type AdaptiveLimitOptions } from './adaptive-limit.js';

const make = (options: Partial<AdaptiveLimitOptions> = {}) =>
  new AdaptiveLimit('m', { initial: 2, most: 100, queue: 3, queueMs: 60_000, ...options });
const alive = new AbortController().signal;
const quick = { firstTokenMs: 100 };

/** As many calls at once as the limit allows, all with the same sign. */
async function round(
  limit: AdaptiveLimit,
  sign: Parameters<Awaited<ReturnType<AdaptiveLimit['acquire']>>['release']>[0],
) {
  const slots = await Promise.all(Array.from({ length: limit.state.limit }, () => limit.acquire(alive)));
  for (const slot of slots) slot.release(sign);
}

describe('the limit of a target', () => {
  it('doubles with every round of good answers, up to the most', async () => {
    const limit = make({ most: 14 });
    await round(limit, quick);
    expect(limit.state.limit).toBeGreaterThanOrEqual(3);
    for (let times = 0; times < 6; times += 1) await round(limit, quick);
    expect(limit.state.limit).toBe(14);
  });

  it('shrinks once for a round of refusals, and grows slowly after that', async () => {
    const limit = make({ initial: 10 });
    await round(limit, 'overloaded');
    expect(limit.state.limit).toBe(7);
    await round(limit, quick);
    expect(limit.state.limit).toBe(7);
    await round(limit, quick);
    expect(limit.state.limit).toBeLessThanOrEqual(8);
  });

  it('shrinks when first tokens come much later than the best', async () => {
    const limit = make({ initial: 10 });
    await round(limit, quick);
    const before = limit.state.limit;
    await round(limit, { firstTokenMs: 5_000 });
    expect(limit.state.limit).toBeLessThan(before);
  });

  it('does not grow while it is not used, and never falls to nothing', async () => {
    const limit = make({ initial: 10 });
    for (let times = 0; times < 20; times += 1) (await limit.acquire(alive)).release(quick);
    expect(limit.state.limit).toBe(10);
    for (let times = 0; times < 50; times += 1) await round(limit, 'overloaded');
    expect(limit.state.limit).toBe(1);
  });

  it('lets waiters in, in their order, one for each that leaves', async () => {
    const limit = make({ initial: 1 });
    const order: number[] = [];
    const first = await limit.acquire(alive);
    const others = [1, 2].map(async (number) => {
      const slot = await limit.acquire(alive);
      order.push(number);
      slot.release('none');
    });
    first.release('none');
    first.release('none');
    await Promise.all(others);
    expect([order, limit.state]).toEqual([[1, 2], { limit: 1, running: 0, waiting: 0 }]);
  });

  it('refuses whom the queue has no room for, and who waited too long', async () => {
    const limit = make({ initial: 1, queue: 1, queueMs: 20 });
    const slot = await limit.acquire(alive);
    const waiting = limit.acquire(alive);
    await expect(limit.acquire(alive)).rejects.toThrow('already 1 calls wait');
    await expect(waiting).rejects.toMatchObject({ failure: { code: 'provider_rate_limited', retryable: true } });
    slot.release('none');
    expect(limit.state).toEqual({ limit: 1, running: 0, waiting: 0 });
  });

  it('forgets a waiter that is gone, and sends all away when told to', async () => {
    const limit = make({ initial: 1 });
    const slot = await limit.acquire(alive);
    const gone = new AbortController();
    const left = limit.acquire(gone.signal);
    const flushed = limit.acquire(alive);
    gone.abort(new Error('gone'));
    await expect(left).rejects.toThrow('gone');
    limit.flush(new Error('elsewhere'));
    await expect(flushed).rejects.toThrow('elsewhere');
    slot.release('none');
    expect(limit.state.waiting).toBe(0);
  });
});
