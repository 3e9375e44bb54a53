import { drawWorkflow, interpret, randomFrom, World } from '@treadle/testing/drawing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UnrulyRun } from '../test/unruly-run.js';
import { isTerminal, outstanding, replay } from './index.js';

const numRuns = Number(process.env['TREADLE_PROPERTY_RUNS'] ?? 2000);

const samples = fc.record({ seed: fc.integer(), size: fc.integer({ min: 1, max: 8 }) });

describe('the engine, against a plain interpreter', () => {
  it('comes to the same end whatever the order of the results, and however often they come', {
    timeout: 600_000,
  }, () => {
    const ends = { completed: 0, failed: 0 };
    fc.assert(
      fc.property(samples, ({ seed, size }) => {
        const random = randomFrom(seed);
        const drawing = drawWorkflow(random, size);
        const world = new World(seed);
        const expected = interpret(drawing, world);
        const { state, events } = new UnrulyRun(drawing, world, random).finish();
        if (expected === 'failed') expect(state.status).toBe('failed');
        else {
          expect(state.status).toBe('completed');
          expect(state.outputs).toEqual(expected);
        }
        ends[expected === 'failed' ? 'failed' : 'completed'] += 1;
        expect(events.filter(({ type }) => /^run-(completed|failed|cancelled)$/.test(type))).toHaveLength(1);
        expect(isTerminal(replay(events).status)).toBe(true);
        const middle = replay(events.slice(0, Math.floor(random() * events.length)));
        expect(outstanding(replay([], middle))).toEqual(outstanding(middle));
      }),
      { numRuns },
    );
    // Samples that nearly all fail, or never do, would prove little.
    expect(Math.min(ends.completed, ends.failed)).toBeGreaterThan(numRuns / 10);
  });
});
