import { describe, expect, it } from 'vitest';
import { Driver, planOf } from '../test/driver.js';
import { readFrom } from './index.js';

const start = { id: 'start', type: 'start' };
const end = (...selectors: string[][]) => ({
  id: 'end',
  type: 'end',
  config: { outputs: selectors.map((value_selector) => ({ variable: value_selector.join('_'), value_selector })) },
});
const minute = { id: 'wait', type: 'wait', config: { mode: 'duration', duration: 1, unit: 'minute' } };
const ask = {
  id: 'ask',
  type: 'human-input',
  config: {
    form_content: 'Go on?',
    inputs: [{ output_variable_name: 'why' }],
    user_actions: [
      { id: 'yes', title: 'Yes' },
      { id: 'no', title: 'No' },
    ],
    timeout: 1,
  },
};

describe('a wait', () => {
  it('pauses the run until its moment has come', () => {
    const run = new Driver(planOf([start, minute, end(['wait', 'waited_until'])], 'start>wait wait>end'));
    expect(run.state.status).toBe('paused');
    expect(run.events.at(-1)).toEqual({ type: 'run-paused', wakeAt: 60_000 });
    expect(run.commands).toEqual([{ type: 'wake', key: 'wait', attempt: 0, dueAt: 60_000 }]);
    expect(run.timer(59_999)).toBe(false);
    run.timer(60_000);
    expect(run.types().slice(-4)).toEqual(['run-resumed', 'node-completed', 'node-completed', 'run-completed']);
    expect(run.state.outputs).toEqual({ wait_waited_until: '1970-01-01T00:01:00.000Z' });
  });

  it('does not begin when its moment has passed', () => {
    const past = { id: 'wait', type: 'wait', config: { mode: 'moment', until: '1969-12-31T00:00:00Z' } };
    const run = new Driver(planOf([start, past, end()], 'start>wait wait>end'));
    expect(run.types()).not.toContain('node-waiting');
    expect(run.state.status).toBe('completed');
  });

  it('pauses only when nothing else is under way', () => {
    const plan = planOf([start, minute, { id: 'a' }, end()], 'start>wait start>a wait>end a>end');
    const run = new Driver(plan);
    expect(run.state.status).toBe('running');
    run.complete('a');
    expect(run.state.status).toBe('paused');
    run.give({ type: 'cancel', at: 2, reason: '' });
    expect(run.types().slice(-2)).toEqual(['run-paused', 'run-cancelled']);
  });
});

describe('a question', () => {
  const plan = planOf(
    [start, ask, { id: 'yes' }, { id: 'late' }, end(['ask', 'why'], ['ask', '__action_id'])],
    'start>ask ask:yes>yes ask:__timeout__>late yes>end late>end ask:no>end',
  );

  it('goes on by the action a person takes', () => {
    const run = new Driver(plan);
    expect(run.waitsFor()).toEqual(['ask ask']);
    expect(run.answer('ask', 'yes', { why: 'because' })).toBe(true);
    expect(run.waitsFor()).toEqual(['run-task yes']);
    expect(run.events.find(({ type }) => type === 'form-answered')).toMatchObject({ by: 'Ada', action: 'yes' });
    run.complete('yes');
    expect(run.state.outputs).toEqual({ ask_why: 'because', ask___action_id: 'yes' });
  });

  it('takes one answer that fits, and no other', () => {
    const run = new Driver(plan);
    expect(run.answer('ask', 'maybe')).toBe(false);
    expect(run.answer('ask', 'yes', { mood: 'x' })).toBe(false);
    expect(run.answer('end', 'yes')).toBe(false);
    expect(run.answer('ask', 'no')).toBe(true);
    expect(run.answer('ask', 'no')).toBe(false);
  });

  it('goes on by a branch of its own when its time is over', () => {
    const run = new Driver(plan);
    run.timer(3_600_000);
    expect(run.waitsFor()).toEqual(['run-task late']);
    expect(run.answer('ask', 'yes')).toBe(false);
  });

  it('may be asked in every round of an iteration', () => {
    const each = {
      id: 'each',
      type: 'iteration',
      config: { iterator_selector: ['items', 'chunks'], output_selector: ['ask', 'why'], is_parallel: true },
    };
    const items = {
      id: 'items',
      type: 'text-splitter',
      config: { variable_selector: ['start', 'text'], chunk_size: 1 },
    };
    const rounds = planOf(
      [
        { ...start, config: { variables: [{ variable: 'text' }] } },
        items,
        each,
        { ...ask, parent: 'each' },
        end(['each', 'output']),
      ],
      'start>items items>each each>end',
    );
    const run = new Driver(rounds, { text: 'xy' });
    expect(run.state.status).toBe('paused');
    run.answer('each[1]/ask', 'yes', { why: 'second' });
    expect(run.state.status).toBe('paused');
    run.answer('each[0]/ask', 'yes', { why: 'first' });
    expect(run.state.outputs).toEqual({ each_output: ['first', 'second'] });
  });
});

describe('a guarded node', () => {
  const guarded = (more: object = {}) =>
    planOf(
      [
        start,
        { id: 'a', approval: { title: 'Send it?', timeout_seconds: 60 }, ...more },
        end(['a', 'value'], ['a', 'error_type']),
      ],
      'on_error' in more ? 'start>a a>end a:fail-branch>end' : 'start>a a>end',
    );
  const branch = { on_error: { strategy: 'fail-branch' } };

  it('begins once somebody has agreed, and asks once only', () => {
    const run = new Driver(guarded({ ...branch, retry: { max_attempts: 2, backoff_seconds: 0 } }));
    expect(run.commands).toMatchObject([
      {
        type: 'ask',
        key: 'a',
        dueAt: 60_000,
        form: { content: 'Send it?', actions: [{ id: 'approve' }, { id: 'reject' }] },
      },
    ]);
    expect(run.complete('a')).toBe(false);
    run.answer('a', 'approve');
    expect(run.waitsFor()).toEqual(['run-task a']);
    run.fail('a', true);
    run.timer(1);
    expect(run.waitsFor()).toEqual(['run-task a']);
  });

  it('fails when somebody refuses, or nobody answers in time', () => {
    const refused = new Driver(guarded({ ...branch, retry: { max_attempts: 2 } }));
    refused.answer('a', 'reject');
    expect(refused.state).toMatchObject({ status: 'completed', outputs: { a_error_type: 'approval_rejected' } });
    const unanswered = new Driver(
      planOf([start, { id: 'a', approval: { timeout_seconds: 60 } }, end()], 'start>a a>end'),
    );
    unanswered.timer(60_000);
    expect(unanswered.state).toMatchObject({ status: 'failed', failure: { code: 'approval_rejected' } });
  });
});

describe('limits', () => {
  it('fail a run that is not over in time, waiting included', () => {
    const plan = planOf([start, minute, end()], 'start>wait wait>end', { limits: { run_seconds: 30 } });
    const run = new Driver(plan);
    expect(run.events.at(-1)).toEqual({ type: 'run-paused', wakeAt: 30_000 });
    run.timer(30_000);
    expect(run.state).toMatchObject({ status: 'failed', failure: { code: 'deadline_exceeded' } });
  });

  it('refuse a result that comes after the deadline', () => {
    const run = new Driver(planOf([start, { id: 'a' }, end()], 'start>a a>end', { limits: { run_seconds: 30 } }));
    run.result('a', { outputs: {} }, 30_000);
    expect(run.state).toMatchObject({ status: 'failed', failure: { code: 'deadline_exceeded' } });
  });

  it('stop a loop that does not end by itself', () => {
    const plan = planOf(
      [
        start,
        { id: 'loop', type: 'loop', config: { loop_count: 100_000 } },
        { id: 'again', type: 'template', parent: 'loop' },
        end(),
      ],
      'start>loop loop>end',
      { limits: { steps: 50 } },
    );
    const run = new Driver(plan);
    expect(run.state).toMatchObject({ status: 'failed', failure: { code: 'limit_exceeded' }, steps: 50 });
  });
});

describe('variables of the conversation', () => {
  const set = (id: string, value: string) => ({
    id,
    type: 'assigner',
    config: {
      items: [{ variable_selector: ['conversation', 'mood'], operation: 'set', input_type: 'constant', value }],
    },
  });
  const plan = planOf(
    [
      start,
      set('first', 'good'),
      { id: 'a', config: { reads: [['conversation', 'mood']] } },
      end(['conversation', 'mood']),
    ],
    'start>first first>a a>end',
    { conversation: [{ name: 'mood', value: 'unknown' }] },
  );

  it('are read as they were last written', () => {
    const run = new Driver(plan);
    expect(run.events).toContainEqual({
      type: 'variables-assigned',
      key: 'first',
      owner: 'conversation',
      values: { mood: 'good' },
    });
    expect(readFrom(plan, run.state, 'a')(['conversation', 'mood'])).toBe('good');
    run.complete('a');
    expect(run.state.outputs).toEqual({ conversation_mood: 'good' });
  });
});

describe('retries', () => {
  it('are for the failures the policy names, whatever those say themselves', () => {
    const retry = { max_attempts: 2, backoff_seconds: 0, codes: ['provider_unavailable' as const] };
    const run = new Driver(planOf([start, { id: 'a', retry }, end()], 'start>a a>end'));
    run.fail('a', false);
    expect(run.waitsFor()).toEqual(['wake a']);
    const other = { ...retry, codes: ['node_timeout' as const] };
    const picky = new Driver(planOf([start, { id: 'a', retry: other }, end()], 'start>a a>end'));
    picky.fail('a', true);
    expect(picky.state.status).toBe('failed');
  });
});

describe('a chain of two hundred branches', () => {
  it('compiles and runs', () => {
    const links = Array.from({ length: 200 }, (_, index) => {
      const branch = { id: `if${index}`, type: 'if-else' };
      const config = { variables: [['start', 'x']] };
      return {
        nodes: [branch, { id: `a${index}`, type: 'template' }, { id: `j${index}`, type: 'template', config }],
        index,
      };
    });
    const edges = links.map(
      ({ index }) =>
        `${index === 0 ? 'start' : `j${index - 1}`}>if${index} if${index}:false>a${index} if${index}:false>j${index} a${index}>j${index}`,
    );
    const plain = links.flatMap(({ nodes }) => nodes.map(({ id, type }) => ({ id, type })));
    const plan = planOf([start, ...plain, end()], `${edges.join(' ')} j199>end`);
    expect(new Driver(plan).state.status).toBe('completed');
  });
});
