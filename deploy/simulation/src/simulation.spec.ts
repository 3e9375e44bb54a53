import { describe, expect, it } from 'vitest';
import { faultKinds } from './faults.js';
import { findPlantedBug } from './find-planted-bug.js';
import { plantedBugs } from './planted-bugs.js';
import { type Outcome, simulate } from './simulation.js';

const timeout = 120_000;

describe('the simulation', () => {
  it('holds every invariant for 40 seeds, under every kind of fault', { timeout }, async () => {
    const outcomes: Outcome[] = [];
    for (let seed = 1; seed <= 40; seed++) outcomes.push(await simulate(seed));
    expect(outcomes.filter(({ violation }) => violation)).toEqual([]);
    const struck = new Set(outcomes.flatMap(({ faults }) => Object.keys(faults)));
    expect(faultKinds.filter((kind) => !struck.has(kind))).toEqual([]);
  });

  it('plays the same seed the same way', { timeout }, async () => {
    for (const seed of [3, 7, 11]) expect(await simulate(seed)).toEqual(await simulate(seed));
    expect((await simulate(3)).digest).not.toBe((await simulate(7)).digest);
  });
});

describe('a planted bug', () => {
  it('is one of many', () => expect(Object.keys(plantedBugs).length).toBeGreaterThanOrEqual(20));

  it.each(Object.entries(plantedBugs))('%s is found', { timeout }, async (_, bug) => {
    expect((await findPlantedBug(bug, 400))?.violation).toBeDefined();
  });
});
