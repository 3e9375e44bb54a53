import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Admission, type AdmissionOptions, type Visit } from './admission.js';
import type { Lane } from './fair-queue.js';

const options: AdmissionOptions = {
  min: 4,
  max: 500,
  initial: 20,
  tolerance: 2,
  floorMs: 2,
  maxWaiting: 100,
  maxWaitMs: 1000,
};

interface Arrivals {
  readonly tenant: string;
  readonly perSecond: number;
  readonly lane?: Lane;
  readonly fromMs?: number;
  readonly untilMs?: number;
}

/** A server of some workers that share the work evenly, as cores do, behind the admission; time is what the simulation says. */
class Simulation {
  now = 0;
  readonly admission: Admission;
  readonly done = new Map<string, number[]>();
  readonly refused = new Map<string, number>();
  mostWaiting = 0;
  private readonly working = new Map<Visit, { left: number; tenant: string; came: number }>();

  constructor(
    private readonly workers: number,
    private readonly workMs: number,
    given: Partial<AdmissionOptions> = {},
  ) {
    this.admission = new Admission({ ...options, ...given }, () => this.now);
  }

  /** Steps of a quarter of a millisecond. */
  run(untilMs: number, arrivals: readonly Arrivals[]): this {
    const due = arrivals.map(({ fromMs = this.now }) => fromMs);
    for (; this.now < untilMs; this.now += 0.25) {
      arrivals.forEach(({ tenant, perSecond, lane = 'interactive', untilMs: end = untilMs }, index) => {
        for (; due[index]! <= this.now && this.now < end; due[index]! += 1000 / perSecond) this.come(tenant, lane);
      });
      this.work();
      this.admission.sweep();
      this.mostWaiting = Math.max(this.mostWaiting, this.admission.load.waiting);
    }
    return this;
  }

  /** Time of each answer of a tenant, in milliseconds. */
  times(tenant: string): number[] {
    return this.done.get(tenant) ?? [];
  }

  forget(): void {
    this.done.clear();
    this.refused.clear();
  }

  get inside(): number {
    return this.working.size;
  }

  private come(tenant: string, lane: Lane): void {
    const came = this.now;
    this.admission.enter({
      tenant,
      lane,
      kind: 'work',
      admitted: (visit) => this.working.set(visit, { left: this.workMs, tenant, came }),
      refused: () => this.refused.set(tenant, (this.refused.get(tenant) ?? 0) + 1),
    });
  }

  private work(): void {
    const share = 0.25 * Math.min(1, this.workers / Math.max(1, this.working.size));
    for (const [visit, job] of this.working) {
      job.left -= share;
      if (job.left > 0) continue;
      this.working.delete(visit);
      const times = this.done.get(job.tenant) ?? [];
      this.done.set(job.tenant, times);
      times.push(this.now - job.came);
      visit.leave(true);
    }
  }
}

const p99 = (times: readonly number[]) => [...times].sort((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? 0;

describe('admission', () => {
  it('keeps what is done near what can be done, and the quiet tenant quick, whatever the machine and the overload', () => {
    const machines = fc.record({
      workers: fc.integer({ min: 1, max: 16 }),
      workMs: fc.integer({ min: 1, max: 40 }),
      overload: fc.integer({ min: 2, max: 5 }),
    });
    fc.assert(
      fc.property(machines, ({ workers, workMs, overload }) => {
        const capacity = (workers * 1000) / workMs;
        const server = new Simulation(workers, workMs);
        server.run(2000, [{ tenant: 'quiet', perSecond: capacity * 0.1 }]);
        const loaded = [
          { tenant: 'quiet', perSecond: capacity * 0.1 },
          { tenant: 'greedy', perSecond: capacity * overload },
        ];
        // While the limit finds its size nothing is asked of it.
        server.run(6000, loaded).forget();
        server.run(11_000, loaded);
        const done = server.times('quiet').length + server.times('greedy').length;
        expect(done).toBeGreaterThan(capacity * 5 * 0.9);
        expect(server.refused.get('quiet') ?? 0).toBe(0);
        // Twice as long in the work, and a turn's wait for it.
        expect(p99(server.times('quiet'))).toBeLessThan(Math.max(workMs * 2, options.min * workMs) * 2 + 2);
        expect(server.mostWaiting).toBeLessThanOrEqual(options.maxWaiting);
      }),
      { numRuns: 25 },
    );
  });

  it('lets everybody in at once again when the load is over', () => {
    const server = new Simulation(2, 5);
    server.run(1000, [{ tenant: 'a', perSecond: 50 }]);
    server.run(5000, [{ tenant: 'a', perSecond: 1500 }]);
    server.run(7000, []).forget();
    expect([server.inside, server.admission.load.waiting]).toEqual([0, 0]);
    server.run(9000, [{ tenant: 'a', perSecond: 100 }]);
    expect(p99(server.times('a'))).toBeLessThan(7);
  });

  it('gives more room where more can be done side by side, and takes it back where it cannot', () => {
    const wide = new Simulation(100, 20);
    wide.run(1000, [{ tenant: 'a', perSecond: 100 }]);
    wide.run(9000, [{ tenant: 'a', perSecond: 10_000 }]);
    expect(wide.admission.load.limit).toBeGreaterThan(90);
    const narrow = new Simulation(1, 20);
    narrow.run(1000, [{ tenant: 'a', perSecond: 10 }]);
    narrow.run(9000, [{ tenant: 'a', perSecond: 200 }]);
    expect(narrow.admission.load.limit).toBeLessThan(8);
  });

  it('shares evenly between tenants that all want too much, and lets nobody wait for longer than allowed', () => {
    const tenants = ['a', 'b', 'c'];
    const server = new Simulation(2, 10);
    const wants = tenants.map((tenant, index) => ({ tenant, perSecond: 200 * (index + 1) }));
    server.run(1000, wants).forget();
    server.run(11_000, wants);
    for (const tenant of tenants) {
      expect(server.times(tenant).length).toBeGreaterThan(0.9 * (2000 / 3));
      expect(Math.max(...server.times(tenant))).toBeLessThan(options.maxWaitMs + 200);
    }
  });

  it('serves those somebody waits for first, and forgets nobody', () => {
    const server = new Simulation(1, 10);
    const wants = (['interactive', 'batch'] as const).map((lane) => ({ tenant: lane, perSecond: 300, lane }));
    const mixed = wants.map((one) => ({ ...one, tenant: 'same' }));
    server.run(10_000, mixed);
    const both = new Simulation(1, 10).run(10_000, wants);
    expect(both.times('batch').length).toBeGreaterThan(300);
    expect(both.times('interactive').length).toBeGreaterThanOrEqual(both.times('batch').length);
  });
});

describe('a visit', () => {
  const visitor = (tenant: string, heard: string[], lane: Lane = 'interactive') => ({
    tenant,
    lane,
    kind: 'k',
    admitted: () => heard.push(`${tenant} in`),
    refused: (seconds: number) => heard.push(`${tenant} refused, ${seconds}`),
  });
  const small = { ...options, min: 1, initial: 1, max: 1, maxWaiting: 3 };

  it('takes its turn, gives way where its tenant has most, and is over only once', () => {
    const heard: string[] = [];
    const admission = new Admission(small, () => 0);
    const first = admission.enter(visitor('a', heard));
    const second = admission.enter(visitor('a', heard));
    admission.enter(visitor('a', heard));
    admission.enter(visitor('a', heard));
    expect(admission.wouldRefuse('a')).toBe(true);
    expect(admission.wouldRefuse('b')).toBe(false);
    const other = admission.enter(visitor('b', heard));
    expect(heard).toEqual(['a in', 'a refused, 3']);
    second.leave(true);
    first.leave(true);
    first.leave(true);
    expect(heard.slice(2)).toEqual(['a in']);
    expect(admission.load).toEqual({ inside: 1, waiting: 1, limit: 1 });
    other.leave(false);
    expect(admission.load.waiting).toBe(0);
  });

  it('is refused when it has waited too long', () => {
    const heard: string[] = [];
    const clock = { now: 0 };
    const admission = new Admission(small, () => clock.now);
    admission.enter(visitor('a', heard));
    admission.enter(visitor('b', heard, 'batch'));
    clock.now = 999;
    admission.sweep();
    expect(heard).toEqual(['a in']);
    clock.now = 1000;
    admission.sweep();
    expect(heard[1]).toMatch(/^b refused/);
  });

  it('makes room when it is inside for very long', () => {
    const heard: string[] = [];
    const clock = { now: 0 };
    const admission = new Admission({ ...small, maxWaitMs: 10_000 }, () => clock.now);
    admission.enter(visitor('a', heard));
    admission.enter(visitor('b', heard));
    clock.now = 5000;
    admission.sweep();
    expect(heard).toEqual(['a in', 'b in']);
  });
});
