import { describe, expect, it } from 'vitest';
import { LeasedCounters, type LeaseStore, type Want } from './leased-counters.js';
import { countedRate, parseRates } from './rate-limit.js';

/** Counts of all replicas in memory; may be away. */
class FakeStore implements LeaseStore {
  readonly counts = new Map<string, number>();
  away = false;
  questions = 0;

  async take(wants: readonly Want[]): Promise<readonly number[]> {
    this.questions += 1;
    if (this.away) throw new Error('away');
    return wants.map(({ name, window, amount }) => {
      const taken = (this.counts.get(`${name}/${window}`) ?? 0) + amount;
      this.counts.set(`${name}/${window}`, taken);
      return taken;
    });
  }
}

const rate = { policy: 'tenant-run', name: 'tenant run acme', quota: 100, seconds: 60 };

function replicas(count: number) {
  const store = new FakeStore();
  const clock = { now: 1_000 };
  const counters = Array.from({ length: count }, () => new LeasedCounters(store, () => clock.now));
  return { store, clock, counters };
}

/** How many of so many requests are let in, the replicas taking turns. */
async function letIn(counters: readonly LeasedCounters[], requests: number): Promise<number> {
  let allowed = 0;
  for (let turn = 0; turn < requests; turn += 1)
    if ((await counters[turn % counters.length]!.take(rate)).allowed) allowed += 1;
  return allowed;
}

describe('counts that replicas share', () => {
  it('let in the quota together, and no more', async () => {
    const { counters, clock } = replicas(3);
    expect(await letIn(counters, 500)).toBe(100);
    clock.now += 60_000;
    // What one has borrowed the others cannot have.
    expect(await letIn(counters, 90)).toBe(90);
  });

  it('ask seldom, and never for what is known to be spent', async () => {
    const { counters, store } = replicas(1);
    await letIn(counters, 100);
    const asked = store.questions;
    expect(asked).toBeLessThanOrEqual(52);
    expect(await letIn(counters, 100)).toBe(0);
    expect(store.questions).toBe(asked);
  });

  it('answer from memory once a slice is there', async () => {
    const { counters } = replicas(1);
    const wide = { ...rate, quota: 10_000 };
    expect(counters[0]!.take(wide)).toBeInstanceOf(Promise);
    await counters[0]!.take(wide);
    expect(counters[0]!.take(wide)).toMatchObject({ allowed: true, remaining: expect.any(Number), resetSeconds: 59 });
  });

  it('are kept by each replica alone while the store is away: none refuses what it may let in, none lets in more', async () => {
    const { counters, store, clock } = replicas(2);
    store.away = true;
    expect(await letIn(counters, 500)).toBe(200);
    clock.now += 60_000;
    store.away = false;
    expect(await letIn(counters, 500)).toBe(100);
  });

  it('go on where they were when the store goes away in the middle', async () => {
    const { counters, store } = replicas(1);
    expect(await letIn(counters, 50)).toBe(50);
    store.away = true;
    expect(await letIn(counters, 500)).toBe(50);
  });
});

describe('rates', () => {
  it('count a class with its own rate, and all others together', () => {
    const { tenant = {}, key } = parseRates(['tenant.run=5/60', 'tenant.all=50/1', 'key.read=7/10']);
    expect(countedRate('tenant', 'acme', tenant, 'run')).toMatchObject({ quota: 5, seconds: 60, policy: 'tenant-run' });
    expect(countedRate('tenant', 'acme', tenant, 'read')).toMatchObject({ quota: 50, policy: 'tenant-all' });
    expect(countedRate('key', '1', key ?? {}, 'write')).toBeUndefined();
  });
});
