import { describe, expect, it } from 'vitest';
import { Driver, planOf } from '../test/driver.js';
import { keptEvents, planDifferences, withoutAssigned } from './index.js';

const start = { id: 'start', type: 'start' };
const end = { id: 'end', type: 'end', config: { outputs: [] } };
const reading = (...names: string[]) => ({ reads: names.map((name) => ['start', name]) });
const before = planOf([start, { id: 'a' }, { id: 'b' }, end], 'start>a a>b b>end');

/** A run that has finished `a` and failed at `b`. */
function kept() {
  const run = new Driver(before);
  run.complete('a');
  run.fail('b');
  return keptEvents(before, run.events);
}

const differing = (after: typeof before) => planDifferences(before, after, kept()).map(({ node }) => node);

describe('two versions, of which one is gone on from under the other', () => {
  it('agree when only nodes to come are changed, added or left out', () => {
    const nodes = [start, { id: 'a' }, { id: 'b', config: { reads: [['a', 'value']] } }, { id: 'c' }, end];
    expect(differing(planOf(nodes, 'start>a a>b b>c c>end'))).toEqual([]);
    expect(differing(planOf([start, { id: 'a' }, end], 'start>a a>end'))).toEqual([]);
  });

  it('differ in a finished node that is gone, of another type, or set otherwise', () => {
    expect(differing(planOf([start, { id: 'b' }, end], 'start>b b>end'))).toEqual(['a']);
    const template = { id: 'a', type: 'template', config: { template: 'x' } };
    expect(differing(planOf([start, template, { id: 'b' }, end], 'start>a a>b b>end'))).toEqual(['a']);
    const asking = { ...start, config: { variables: [{ variable: 'x' }] } };
    const other = planOf([asking, { id: 'a', config: reading('x') }, { id: 'b' }, end], 'start>a a>b b>end');
    expect(differing(other)).toEqual(['a']);
  });

  it('differ in the ways into a finished node', () => {
    const nodes = [start, { id: 'a' }, { id: 'b' }, { id: 'x' }, end];
    expect(differing(planOf(nodes, 'start>x x>a a>b b>end'))).toEqual(['a']);
  });

  it('differ when a run cannot begin where it began', () => {
    const renamed = planOf([{ ...start, id: 'other' }, { id: 'a' }, { id: 'b' }, end], 'other>a a>b b>end');
    expect(differing(renamed)).toContain('start');
  });
});

describe('replaced variables of the conversation', () => {
  it('are no longer given the values that finished nodes gave them', () => {
    const assigned = { type: 'variables-assigned', key: 'a', owner: 'conversation', values: { m: 1, n: 2 } } as const;
    const inLoop = { ...assigned, owner: 'loop' };
    expect(withoutAssigned([assigned, inLoop], new Set(['n']))).toEqual([{ ...assigned, values: { m: 1 } }, inLoop]);
    expect(withoutAssigned([assigned], new Set(['m', 'n']))).toEqual([]);
  });
});
