import { inlineBytes, type Json } from '@treadle/workflow';
import { describe, expect, it } from 'vitest';
import { Driver, planOf } from '../test/driver.js';
import { readFrom } from './index.js';

const bytes = 5_000_000;
/** What stands in a run for a value that is in the file store. */
const large = (more: object = {}): Json => ({ $large: { key: 'runs/run-1/hash', bytes, ...more } });

const start = { id: 'start', type: 'start', config: { variables: [{ variable: 'text' }] } };
const end = (...selectors: string[][]) => ({
  id: 'end',
  type: 'end',
  config: { outputs: selectors.map((value_selector) => ({ variable: value_selector.join('_'), value_selector })) },
});
const template = {
  id: 'shout',
  type: 'template',
  config: { template: '{{ said }}!', variables: [{ variable: 'said', value_selector: ['a', 'value'] }] },
};
const whether = (...selector: string[]) => ({
  id: 'if',
  type: 'if-else',
  config: {
    cases: [
      {
        case_id: 'yes',
        logical_operator: 'and',
        conditions: [{ variable_selector: selector, comparison_operator: 'contains', value: 'x' }],
      },
    ],
  },
});

describe('a control node that reads a large value', () => {
  const plan = planOf(
    [start, { id: 'a' }, template, whether('a', 'value'), end(['shout', 'output'])],
    'start>a a>shout shout>if if:yes>end if:false>end',
  );

  it('becomes a task, and its result counts as if the engine had settled it', () => {
    const run = new Driver(plan, { text: '' });
    run.result('a', { outputs: { value: large() } });
    expect(run.waitsFor()).toEqual(['run-task shout']);
    run.result('shout', { outputs: { output: large() } });
    expect(run.waitsFor()).toEqual(['run-task if']);
    run.result('if', { outputs: { result: true, selected_case_id: 'yes' }, handle: 'yes' });
    expect(run.state).toMatchObject({ status: 'completed', outputs: { shout_output: large() } });
  });

  it('is settled at once where all values are here', () => {
    const run = new Driver(plan, { text: '' });
    run.result('a', { outputs: { value: 'x' } });
    expect(run.state).toMatchObject({ status: 'completed', outputs: { shout_output: 'x!' } });
  });

  it('is settled at once where only values are large that it does not read', () => {
    const run = new Driver(plan, { text: '' });
    run.result('a', { outputs: { value: 'x', other: large() } });
    expect(run.state.status).toBe('completed');
  });

  it('becomes a task for a part of a large value too, and for one that holds another', () => {
    const parts = planOf(
      [start, { id: 'a' }, whether('a', 'value', 'deep'), end()],
      'start>a a>if if:yes>end if:false>end',
    );
    for (const value of [large(), { deep: [large()] }]) {
      const run = new Driver(parts, { text: '' });
      run.result('a', { outputs: { value, other: large() } });
      expect(run.waitsFor()).toEqual(['run-task if']);
    }
    const run = new Driver(parts, { text: '' });
    run.result('a', { outputs: { value: large() } });
    expect(readFrom(parts, run.state, 'if')(['a', 'value', 'deep'])).toEqual(large({ path: ['deep'] }));
  });

  it('fails as a task does when its time is over', () => {
    const run = new Driver(plan, { text: '' });
    run.result('a', { outputs: { value: large() } });
    run.timer(10 * 60_000);
    expect(run.state).toMatchObject({ status: 'failed', failure: { code: 'node_timeout' } });
  });
});

describe('large values that are only handed on', () => {
  it('pass start, aggregator and end as they are', () => {
    const aggregator = { id: 'first', type: 'variable-aggregator', config: { variables: [['start', 'text']] } };
    const run = new Driver(planOf([start, aggregator, end(['first', 'output'])], 'start>first first>end'), {
      text: large() as never,
    });
    expect(run.state).toMatchObject({ status: 'completed', outputs: { first_output: large() } });
  });

  it('are joined by the host where a run has several answers', () => {
    const answer = (id: string) => ({ id, type: 'answer', config: { answer: '{{#a.value#}}' } });
    const run = new Driver(planOf([start, { id: 'a' }, answer('one'), answer('two')], 'start>a a>one one>two'), {
      text: '',
    });
    run.result('a', { outputs: { value: large() } });
    run.result('one', { outputs: { answer: large() } });
    run.result('two', { outputs: { answer: 'end' } });
    expect(run.state.outputs).toEqual({ answer: { $large: { joined: [large(), 'end'], bytes } } });
  });
});

describe('variables', () => {
  const assigner = (owner: string) => ({
    id: 'write',
    type: 'assigner',
    config: {
      items: [{ variable_selector: [owner, 'memory'], operation: 'over-write', value: ['a', 'value'] }],
    },
  });
  const assigns = (owner: string) => [{ selector: [owner, 'memory'] as [string, string], value: large() }];

  it('of a conversation take no large value', () => {
    const conversation = [{ name: 'memory', type: 'string' as const, value: '' }];
    const plan = planOf([start, { id: 'a' }, assigner('conversation'), end()], 'start>a a>write write>end', {
      conversation,
    });
    const run = new Driver(plan, { text: '' });
    run.result('a', { outputs: { value: large() } });
    expect(run.waitsFor()).toEqual(['run-task write']);
    run.result('write', { outputs: {}, assigns: assigns('conversation') });
    expect(run.state).toMatchObject({
      status: 'failed',
      failure: { code: 'limit_exceeded', message: expect.stringContaining(`${bytes} bytes; at most ${inlineBytes}`) },
    });
  });

  it('of a loop take them, and a break condition that would look into one fails with its size', () => {
    const loop = (conditions: Record<string, string | string[]>[]) => ({
      id: 'loop',
      type: 'loop',
      config: {
        loop_count: 1,
        loop_variables: [{ label: 'memory', var_type: 'string', value: '' }],
        break_conditions: conditions,
      },
    });
    const around = (conditions: Record<string, string | string[]>[]) =>
      planOf(
        [
          start,
          loop(conditions),
          { id: 'a', parent: 'loop' },
          { ...assigner('loop'), parent: 'loop' },
          end(['loop', 'memory']),
        ],
        'start>loop loop>end a>write',
      );
    const finish = (conditions: Record<string, string | string[]>[]) => {
      const run = new Driver(around(conditions), { text: '' });
      run.result('loop[0]/a', { outputs: { value: large() } });
      run.result('loop[0]/write', { outputs: {}, assigns: assigns('loop') });
      return run.state;
    };
    expect(finish([])).toMatchObject({ status: 'completed', outputs: { loop_memory: large() } });
    const isFull = { variable_selector: ['loop', 'memory'], comparison_operator: 'contains', value: 'x' };
    expect(finish([isFull])).toMatchObject({ status: 'failed', failure: { code: 'limit_exceeded' } });
  });
});

describe('containers and waits', () => {
  const each = (config: object = {}) => ({
    id: 'each',
    type: 'iteration',
    config: { iterator_selector: ['a', 'value'], output_selector: ['b', 'value'], ...config },
  });
  const body = { id: 'b', parent: 'each', config: { reads: [['each', 'item']] } };
  const plan = planOf([start, { id: 'a' }, each(), body, end(['each', 'output'])], 'start>a a>each each>end');

  it('go over a large list item by item, without looking into it', () => {
    const run = new Driver(plan, { text: '' });
    run.result('a', { outputs: { value: large({ items: 2 }) } });
    expect(run.waitsFor()).toEqual(['run-task each[0]/b']);
    expect(readFrom(plan, run.state, 'each[0]/b')(['each', 'item'])).toEqual(large({ path: ['0'] }));
    run.complete('each[0]/b', 'first');
    expect(readFrom(plan, run.state, 'each[1]/b')(['each', 'item', 'name'])).toEqual(large({ path: ['1', 'name'] }));
    run.complete('each[1]/b', 'second');
    expect(run.state).toMatchObject({ status: 'completed', outputs: { each_output: ['first', 'second'] } });
  });

  it('tell the size of a list that is hidden inside a large value', () => {
    const inside = planOf(
      [start, { id: 'a' }, each({ iterator_selector: ['a', 'value', 'list'] }), body, end(['each', 'output'])],
      'start>a a>each each>end',
    );
    const run = new Driver(inside, { text: '' });
    run.result('a', { outputs: { value: large() } });
    expect(run.state.failure).toMatchObject({
      code: 'limit_exceeded',
      message: expect.stringContaining(String(bytes)),
    });
  });

  it('do not make one list of large ones', () => {
    const run = new Driver(plan, { text: '' });
    run.result('a', { outputs: { value: ['x'] } });
    run.result('each[0]/b', { outputs: { value: large({ items: 3 }) } });
    expect(run.state.failure).toMatchObject({
      code: 'limit_exceeded',
      message: expect.stringContaining('flatten_output'),
    });
  });

  it('cannot show a large value in a form, nor take a moment from one', () => {
    const form = {
      id: 'ask',
      type: 'human-input',
      config: { form_content: '{{#a.value#}}', user_actions: [{ id: 'ok' }] },
    };
    const run = new Driver(planOf([start, { id: 'a' }, form, end()], 'start>a a>ask ask:ok>end'), { text: '' });
    run.result('a', { outputs: { value: large() } });
    expect(run.state.failure).toMatchObject({ code: 'limit_exceeded', message: expect.stringContaining('"a.value"') });
  });
});
