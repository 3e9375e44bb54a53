import { describe, expect, it } from 'vitest';
import { dueMoments } from './due-moments.js';

const minuteMs = 60_000;
const everyMinute = (after: number) => (Math.floor(after / minuteMs) + 1) * minuteMs;

describe('dueMoments', () => {
  it('gives the one that has just come', () => {
    expect(dueMoments(everyMinute, minuteMs, minuteMs, 100)).toEqual({ moments: [minuteMs], dropped: 0 });
    expect(dueMoments(everyMinute, minuteMs, minuteMs + 500, 1)).toEqual({ moments: [minuteMs], dropped: 0 });
  });

  it('gives all that were missed in their order', () => {
    const { moments, dropped } = dueMoments(everyMinute, minuteMs, 90 * minuteMs, 100);
    expect(moments).toEqual(Array.from({ length: 90 }, (_, index) => (index + 1) * minuteMs));
    expect(dropped).toBe(0);
  });

  it('leaves out the oldest beyond the limit, and counts them', () => {
    const { moments, dropped } = dueMoments(everyMinute, minuteMs, 300 * minuteMs, 100);
    expect([moments.length, moments[0], moments.at(-1), dropped]).toEqual([100, 201 * minuteMs, 300 * minuteMs, 200]);
  });

  it('asks for few moments however long the outage was', () => {
    let asked = 0;
    const counted = (after: number) => {
      asked += 1;
      return everyMinute(after);
    };
    expect(dueMoments(counted, minuteMs, 525_600 * minuteMs, 1)).toMatchObject({ dropped: 1000 });
    expect(asked).toBeLessThan(1200);
  });

  it('finds moments that lie far apart', () => {
    const yearMs = 365 * 86_400_000;
    const yearly = (after: number) => (Math.floor(after / yearMs) + 1) * yearMs;
    expect(dueMoments(yearly, yearMs, 3 * yearMs + 5, 100)).toEqual({
      moments: [yearMs, 2 * yearMs, 3 * yearMs],
      dropped: 0,
    });
  });
});
