import {
  type Drawing,
  drawWorkflow,
  interpret,
  MendedWorld,
  type Random,
  randomFrom,
  World,
} from '@treadle/testing/drawing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UnrulyRun } from '../test/unruly-run.js';
import { type KeptEvent, keptEvents, type RunEvent } from './index.js';

const numRuns = Number(process.env['TREADLE_PROPERTY_RUNS'] ?? 2000);
const options = { timeout: 600_000 };
const samples = fc.record({ seed: fc.integer(), size: fc.integer({ min: 1, max: 8 }) });

/** Runs what goes on from a history, and checks that nothing it took over is done again. */
function continued(
  drawing: Drawing,
  world: World,
  random: Random,
  kept: readonly KeptEvent[],
  kind: 'resume' | 'rerun',
  impatience = 0,
): UnrulyRun {
  const given = { inputs: {}, sys: {}, environment: {}, conversation: {} };
  const origin = { run: 'before', kind, effects: 'before' };
  const first = { type: 'continue', at: 1000, origin, kept, ...given } as const;
  const run = new UnrulyRun(drawing, world, random, first).finish(impatience);
  const finished = new Set(kept.flatMap((event) => (event.type === 'node-completed' ? [event.key] : [])));
  const again = run.events.flatMap((event) => (event.type === 'node-scheduled' ? [event.key] : []));
  expect(again.filter((key) => finished.has(key))).toEqual([]);
  return run;
}

function expectEnd({ state }: UnrulyRun, expected: ReturnType<typeof interpret>): void {
  expect(state.status).toBe(expected === 'failed' ? 'failed' : 'completed');
  if (expected !== 'failed') expect(state.outputs).toEqual(expected);
}

const keysOf = (events: readonly RunEvent[], type: 'node-completed' | 'node-failed') =>
  events.flatMap((event) => (event.type === type ? [event.key] : []));

describe('a run that continues another one', () => {
  it('comes to the end it would have come to had nothing failed', options, () => {
    let failed = 0;
    fc.assert(
      fc.property(samples, ({ seed, size }) => {
        const random = randomFrom(seed);
        const drawing = drawWorkflow(random, size);
        const before = new UnrulyRun(drawing, new World(seed), random).finish();
        if (before.state.status !== 'failed') return;
        failed += 1;
        const kept = keptEvents(drawing.plan, before.events);
        const world = new MendedWorld(seed, new Set(keysOf(kept, 'node-failed')));
        expectEnd(continued(drawing, world, random, kept, 'resume'), interpret(drawing, world));
      }),
      { numRuns },
    );
    expect(failed).toBeGreaterThan(numRuns / 10);
  });

  it('comes to the end it would have come to had nobody cancelled it, however often somebody does', options, () => {
    let cancelled = 0;
    fc.assert(
      fc.property(samples, ({ seed, size }) => {
        const random = randomFrom(seed);
        const drawing = drawWorkflow(random, size);
        const world = new World(seed);
        let run = new UnrulyRun(drawing, world, random).finish(0.3);
        while (run.state.status === 'cancelled') {
          cancelled += 1;
          run = continued(drawing, world, random, keptEvents(drawing.plan, run.events), 'resume', 0.15);
        }
        expectEnd(run, interpret(drawing, world));
      }),
      { numRuns },
    );
    expect(cancelled).toBeGreaterThan(numRuns / 10);
  });

  it('comes to the same end again from whichever node it is run', options, () => {
    fc.assert(
      fc.property(samples, ({ seed, size }) => {
        const random = randomFrom(seed);
        const drawing = drawWorkflow(random, size);
        const world = new World(seed);
        const before = new UnrulyRun(drawing, world, random).finish();
        const finished = [...keysOf(before.events, 'node-completed'), ...keysOf(before.events, 'node-failed')];
        const from = finished[Math.floor(random() * finished.length)]!;
        const kept = keptEvents(drawing.plan, before.events, from);
        expect(keysOf(kept, 'node-completed')).not.toContain(from);
        expectEnd(continued(drawing, world, random, kept, 'rerun'), interpret(drawing, world));
      }),
      { numRuns },
    );
  });
});
