import { catalog } from '@treadle/testing/drawing';
import { describe, expect, it } from 'vitest';
import { Driver, planOf } from '../test/driver.js';
import { advance, type Input, newRun, replay } from './index.js';

const assigner = (id: string, variable: string, value: string) => ({
  id,
  type: 'assigner',
  config: { items: [{ variable_selector: ['conversation', variable], input_type: 'constant', value }] },
});
const variables = ['a', 'b', 'c'].map((name) => ({ name, value: name }));
const plan = planOf(
  [{ id: 'start', type: 'start', config: {} }, assigner('set', 'a', 'new'), { id: 'end', type: 'end', config: {} }],
  'start>set set>end',
  { conversation: variables },
);

const queue: Input = { type: 'queue', at: 1, inputs: { x: 1 }, sys: { query: 'q' } };
const start: Input = { ...queue, type: 'start', at: 2, environment: {}, conversation: { a: 'stored' } };
const cancel: Input = { type: 'cancel', at: 3, reason: '' };

const decide = (...inputs: Input[]) =>
  inputs.reduce(({ state }, input) => advance(plan, catalog, state, input), {
    state: newRun,
    events: [],
    commands: [],
  } as ReturnType<typeof advance>);

describe('a queued run', () => {
  it('is pending with its inputs until it is started', () => {
    const { state, events } = decide(queue);
    expect(events).toEqual([{ type: 'run-queued', inputs: { x: 1 }, sys: { query: 'q' } }]);
    expect(state).toMatchObject({ status: 'pending', sequence: 1, scopes: { inputs: { x: 1 }, sys: { query: 'q' } } });
    expect(replay(events)).toEqual(state);
    expect(decide(queue, start).state).toMatchObject({ status: 'completed', scopes: { conversation: { a: 'new' } } });
  });

  it('is queued once, and takes nothing but its start or a cancel', () => {
    expect(decide(queue, queue).events).toEqual([]);
    expect(decide(queue, { type: 'timer', at: 9 }).events).toEqual([]);
    expect(decide(queue, cancel).state.status).toBe('cancelled');
    expect(decide(queue, cancel, start).events).toEqual([]);
    expect(decide(cancel).events).toEqual([]);
  });

  it('is started by what it was queued for only: as a run of its own, or as one that continues another', () => {
    const continues = { from: 'set', variables: { b: 'given' } };
    const origin = { run: 'origin', kind: 'rerun', effects: 'this' } as const;
    const proceed: Input = { ...start, type: 'continue', origin, kept: [] };
    const later = { ...queue, continues } as Input;
    expect(decide(later).events).toEqual([{ type: 'run-queued', inputs: { x: 1 }, sys: { query: 'q' }, continues }]);
    expect(decide(later).state).toMatchObject({ status: 'pending', continues });
    expect(decide(later, start).events).toEqual([]);
    expect(decide(queue, proceed).events).toEqual([]);
    expect(decide(later, proceed).state).toMatchObject({ status: 'completed', origin });
  });

  it('is not queued again when it has been started', () => {
    expect(decide(start, queue).events).toEqual([]);
    expect(decide(queue, start, start).events).toEqual([]);
  });
});

describe('variables of the conversation', () => {
  const half = 'x'.repeat(132_000);
  const twoHalves = planOf(
    [
      { id: 'start', type: 'start', config: {} },
      assigner('first', 'a', half),
      assigner('second', 'b', half),
      { id: 'end', type: 'end', config: {} },
    ],
    'start>first first>second second>end',
    { conversation: variables },
  );

  it('keeps what the run assigned apart from what it found', () => {
    expect(new Driver(plan).state).toMatchObject({
      assigned: { a: 'new' },
      scopes: { conversation: { a: 'new', b: 'b', c: 'c' } },
    });
  });

  it('fails the node that would make them too big, and leaves them as they were', () => {
    const { state } = new Driver(twoHalves);
    expect(state.failure).toMatchObject({
      code: 'limit_exceeded',
      message: expect.stringMatching(/would take 264\d{3} bytes; 262144 are allowed/),
    });
    expect(state.assigned).toEqual({ a: half });
  });
});
