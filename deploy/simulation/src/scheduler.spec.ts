import { describe, expect, it } from 'vitest';
import { Scheduler } from './scheduler.js';

async function play(scheduler: Scheduler): Promise<void> {
  while (await scheduler.step());
}

describe('the scheduler', () => {
  it('lets things happen by their moment, and at the same moment in the order in which they were asked for', async () => {
    const scheduler = new Scheduler();
    const happened: string[] = [];
    const delays = [5, 1, 3, 1, 0, 9, 3, 5, 2];
    delays.forEach((delayMs, index) => scheduler.after(delayMs, () => happened.push(`${delayMs} ${index}`)));
    await play(scheduler);
    expect(happened).toEqual(['0 4', '1 1', '1 3', '2 8', '3 2', '3 6', '5 0', '5 7', '9 5']);
    expect(scheduler.elapsedMs).toBe(9);
  });

  it('ends a step when no promise has anything left to do', async () => {
    const scheduler = new Scheduler();
    let turns = 0;
    scheduler.after(1, () => {
      void (async () => {
        for (; turns < 100; turns++) await Promise.resolve();
      })();
    });
    await scheduler.step();
    expect(turns).toBe(100);
  });

  it('takes what is asked for while something happens', async () => {
    const scheduler = new Scheduler();
    const happened: number[] = [];
    const again = () => {
      happened.push(scheduler.elapsedMs);
      if (happened.length < 4) scheduler.after(10, again);
    };
    scheduler.after(0, again);
    await play(scheduler);
    expect(happened).toEqual([0, 10, 20, 30]);
  });
});
