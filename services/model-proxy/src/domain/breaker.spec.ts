import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Breaker } from './breaker.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function setup() {
  const state = { back: false, probes: 0 };
  const probe = async () => {
    state.probes += 1;
    return state.back;
  };
  const breaker = new Breaker({ failures: 3, probeIntervalMs: 1_000, probe });
  const fail = (times: number) => Array.from({ length: times }, () => breaker.failed());
  return { state, breaker, fail };
}

describe('a breaker', () => {
  it('opens after as many failures in a row, not after as many in all', () => {
    const { breaker, fail } = setup();
    fail(2);
    breaker.succeeded();
    fail(2);
    expect(breaker.isOpen).toBe(false);
    fail(1);
    expect(breaker.isOpen).toBe(true);
    breaker.close();
  });

  it('looks once an interval, and lets calls through within one of the return', async () => {
    const { state, breaker, fail } = setup();
    fail(20);
    await vi.advanceTimersByTimeAsync(3_500);
    expect([breaker.isOpen, state.probes]).toEqual([true, 3]);
    state.back = true;
    await vi.advanceTimersByTimeAsync(1_000);
    expect([breaker.isOpen, state.probes]).toEqual([false, 4]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(state.probes).toBe(4);
  });

  it('takes a probe that throws for one that failed', async () => {
    const breaker = new Breaker({ failures: 1, probeIntervalMs: 1_000, probe: () => Promise.reject(new Error('x')) });
    breaker.failed();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(breaker.isOpen).toBe(true);
    breaker.close();
  });

  it('looks no more once it is closed down', async () => {
    const { state, breaker, fail } = setup();
    fail(3);
    breaker.close();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(state.probes).toBe(0);
  });
});
