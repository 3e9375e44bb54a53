import { describe, expect, it } from 'vitest';
import { Driver, planOf } from '../test/driver.js';

const start = { id: 'start', type: 'start' };
const end = (...selectors: string[][]) => ({
  id: 'end',
  type: 'end',
  config: { outputs: selectors.map((value_selector) => ({ variable: value_selector.join('_'), value_selector })) },
});

/** What a run did itself, as `node-scheduled b`. */
const done = (run: Driver) =>
  run.events.flatMap((event) => ('key' in event && !('reused' in event) ? [`${event.type} ${event.key}`] : []));
const reused = (run: Driver) =>
  run.events.flatMap((event) => ('reused' in event ? [`${event.type} ${'key' in event ? event.key : ''}`] : []));

describe('a resumed run', () => {
  const chain = planOf([start, { id: 'a' }, { id: 'b' }, end(['a', 'value'], ['b', 'value'])], 'start>a a>b b>end');

  it('begins at the node that failed and takes over what came before, without its cost', () => {
    const origin = new Driver(chain);
    origin.result('a', { outputs: { value: 'paid' }, usage: { inputTokens: 3, outputTokens: 4 } });
    origin.fail('b');
    const run = origin.continued();
    expect(run.events).toMatchObject([
      { type: 'run-started', origin: { run: 'run-1', kind: 'resume', kept: 1, effects: 'run-1' } },
      { type: 'node-completed', key: 'start' },
      { type: 'node-completed', key: 'a', attempt: 1, outputs: { value: 'paid' }, reused: true },
      { type: 'node-scheduled', key: 'b', attempt: 1 },
    ]);
    expect(run.events[2]).not.toHaveProperty('usage');
    run.complete('b');
    expect(run.state).toMatchObject({
      status: 'completed',
      outputs: { a_value: 'paid', b_value: 'b' },
      inputTokens: 0,
    });
  });

  it('begins what no branch had reached because another one failed first', () => {
    const plan = planOf([start, { id: 'a' }, { id: 'b' }, { id: 'c' }, end()], 'start>a start>b a>c b>c c>end');
    const origin = new Driver(plan);
    origin.fail('a');
    const run = origin.continued();
    expect(run.waitsFor()).toEqual(['run-task a', 'run-task b']);
    run.complete('b');
    expect(run.waitsFor()).toEqual(['run-task a']);
    run.complete('a');
    expect(run.waitsFor()).toEqual(['run-task c']);
  });

  it('reads what its inputs are now, in the nodes that are still to come', () => {
    const asking = { ...start, config: { variables: [{ variable: 'x' }] } };
    const plan = planOf([asking, { id: 'a' }, end(['start', 'x'])], 'start>a a>end');
    const origin = new Driver(plan, { x: 'old' });
    origin.fail('a');
    const run = origin.continued(undefined, { inputs: { x: 'new' } });
    run.complete('a');
    expect(run.state.outputs).toEqual({ start_x: 'new' });
  });

  it('keeps failures that were handled, and the branch they led to', () => {
    const plan = planOf(
      [start, { id: 'a', on_error: { strategy: 'fail-branch' } }, { id: 'well' }, { id: 'ill' }, end()],
      'start>a a>well a:fail-branch>ill well>end ill>end',
    );
    const origin = new Driver(plan);
    origin.fail('a');
    origin.fail('ill');
    const run = origin.continued();
    expect(reused(run)).toEqual(['node-failed a']);
    expect(run.waitsFor()).toEqual(['run-task ill']);
    run.complete('ill');
    expect(run.state).toMatchObject({ status: 'completed', exceptions: 1 });
  });

  it('tries a node from its first attempt, however often it had been tried', () => {
    const plan = planOf([start, { id: 'a', retry: { max_attempts: 2, backoff_seconds: 0 } }, end()], 'start>a a>end');
    const origin = new Driver(plan);
    origin.fail('a', true);
    origin.timer(1000);
    origin.fail('a', true);
    expect(origin.state.status).toBe('failed');
    expect(origin.continued().events.at(-1)).toMatchObject({ type: 'node-scheduled', key: 'a', attempt: 1 });
  });

  it('settles a control node again that had failed, and sees the variables as they are now', () => {
    const assign = {
      id: 'set',
      type: 'assigner',
      config: {
        items: [{ variable_selector: ['conversation', 'n'], operation: '+=', input_type: 'constant', value: 1 }],
      },
    };
    const conversation = [{ name: 'n', type: 'number', value: 5 }] as never;
    const plan = planOf([start, { id: 'a' }, assign, end(['conversation', 'n'])], 'start>a a>set set>end', {
      conversation,
    });
    const origin = new Driver(plan, {}, true);
    origin.fail('a');
    const run = origin.continued(undefined, { conversation: { n: 'no number' } });
    run.complete('a');
    expect(run.state).toMatchObject({ status: 'failed', failure: { code: 'node_configuration' } });
    const again = run.continued(undefined, { conversation: { n: 7 } });
    expect(again.state).toMatchObject({ status: 'completed', outputs: { conversation_n: 8 } });
  });

  it('asks a person anew when it was cancelled while it waited, with all of the time', () => {
    const ask = {
      id: 'ask',
      type: 'human-input',
      config: { form_content: 'Go on?', user_actions: [{ id: 'yes', title: 'Yes' }], timeout: 1 },
    };
    const plan = planOf([start, ask, end()], 'start>ask ask:yes>end ask:__timeout__>end');
    const origin = new Driver(plan);
    origin.give({ type: 'cancel', at: 5, reason: '' });
    const run = origin.continued();
    const [before, after] = [origin, run].map(({ events }) => events.find(({ type }) => type === 'node-waiting'));
    expect(after).toMatchObject({ dueAt: (before as { dueAt: number }).dueAt + 10 });
    expect(run.state.status).toBe('paused');
    run.answer('ask', 'yes');
    expect(run.state.status).toBe('completed');
  });

  it('counts what it took over as steps', () => {
    const limits = { steps: 3 };
    const plan = planOf([start, { id: 'a' }, { id: 'b' }, end()], 'start>a a>b b>end', { limits });
    const origin = new Driver(plan);
    origin.complete('a');
    origin.fail('b');
    const run = origin.continued();
    run.complete('b');
    expect(run.state).toMatchObject({ status: 'failed', failure: { code: 'limit_exceeded' } });
  });

  it('has the time of a whole run again', () => {
    const plan = planOf([start, { id: 'a' }, end()], 'start>a a>end', { limits: { run_seconds: 1 } });
    const origin = new Driver(plan);
    origin.timer(1000);
    expect(origin.state.failure?.code).toBe('deadline_exceeded');
    expect(origin.continued(undefined, { at: 5000 }).state).toMatchObject({ status: 'running', deadlineAt: 6000 });
  });
});

describe('a resumed container', () => {
  const items = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];
  const each = (config: object = {}, more: object = {}) =>
    planOf(
      [
        start,
        { id: 'list' },
        {
          id: 'each',
          type: 'iteration',
          config: {
            iterator_selector: ['list', 'value'],
            output_selector: ['b', 'value'],
            is_parallel: true,
            parallel_nums: 4,
            ...config,
          },
          ...more,
        },
        { id: 'first', type: 'iteration-start', parent: 'each' },
        { id: 'a', parent: 'each' },
        { id: 'b', parent: 'each' },
        end(['each', 'output']),
      ],
      'start>list list>each first>a a>b each>end',
    );

  it('goes on with the round that failed and with those that were under way', () => {
    const origin = new Driver(each());
    origin.complete('list', items);
    for (const round of [0, 1, 2, 3, 4, 5]) for (const id of ['a', 'b']) origin.complete(`each[${round}]/${id}`);
    origin.complete('each[6]/a');
    origin.complete('each[7]/a');
    origin.fail('each[6]/b');
    expect(origin.state.status).toBe('failed');
    const run = origin.continued();
    expect(run.waitsFor()).toEqual([
      'run-task each[6]/b',
      'run-task each[7]/b',
      'run-task each[8]/a',
      'run-task each[9]/a',
    ]);
    for (const round of [8, 9]) run.complete(`each[${round}]/a`);
    for (const round of [6, 7, 8, 9]) run.complete(`each[${round}]/b`);
    expect(run.state.outputs).toEqual({ each_output: items.map((item) => `each[${item}]/b`) });
  });

  it('stays over where it went on from a failure, with the rounds that failed', () => {
    const origin = new Driver(each({ error_handle_mode: 'continue-on-error', is_parallel: false }));
    origin.complete('list', ['0', '1']);
    origin.fail('each[0]/a');
    origin.complete('each[1]/a');
    origin.give({ type: 'cancel', at: 5, reason: '' });
    const run = origin.continued();
    expect(reused(run)).toContain('round-failed each');
    run.complete('each[1]/b');
    expect(run.state).toMatchObject({
      status: 'completed',
      outputs: { each_output: [null, 'each[1]/b'] },
      exceptions: 1,
    });
  });

  it('has all of its time again', () => {
    const origin = new Driver(each({}, { timeout_seconds: 1 }));
    origin.complete('list', ['0']);
    origin.timer(2000);
    expect(origin.state.failure?.code).toBe('node_timeout');
    const run = origin.continued(undefined, { at: 3000 });
    expect(run.events.find(({ type }) => type === 'node-opened')).toMatchObject({ key: 'each', deadlineAt: 4000 });
    expect(run.waitsFor()).toEqual(['run-task each[0]/a']);
  });

  it('may be resumed again and again', () => {
    let run = new Driver(each({ parallel_nums: 1 }));
    run.complete('list', ['0', '1', '2']);
    for (const round of [0, 1, 2]) {
      run.complete(`each[${round}]/a`);
      run.fail(`each[${round}]/b`);
      run = run.continued();
      run.complete(`each[${round}]/b`);
    }
    expect(run.state.outputs).toEqual({ each_output: ['each[0]/b', 'each[1]/b', 'each[2]/b'] });
  });
});

describe('a rerun', () => {
  const counting = planOf(
    [
      start,
      {
        id: 'loop',
        type: 'loop',
        config: { loop_count: 3, loop_variables: [{ label: 'n', var_type: 'number', value: 0 }] },
      },
      { id: 'first', type: 'loop-start', parent: 'loop' },
      { id: 'a', parent: 'loop' },
      {
        id: 'add',
        type: 'assigner',
        parent: 'loop',
        config: {
          items: [{ variable_selector: ['loop', 'n'], operation: '+=', input_type: 'variable', value: ['a', 'value'] }],
        },
      },
      { id: 'aside' },
      { id: 'after' },
      end(['loop', 'n'], ['after', 'value']),
    ],
    'start>loop start>aside first>a a>add loop>after after>end aside>end',
  );
  const finished = () => {
    const run = new Driver(counting);
    run.complete('aside');
    for (const round of [0, 1, 2]) run.complete(`loop[${round}]/a`, 1);
    run.complete('after');
    expect(run.state.outputs).toEqual({ loop_n: 3, after_value: 'after' });
    return run;
  };

  it('does a node again and all that followed from it, and nothing beside', () => {
    const run = finished().continued('after');
    expect(done(run).slice(1)).toEqual(['node-scheduled after']);
    run.complete('after', 'changed');
    expect(run.state.outputs).toEqual({ loop_n: 3, after_value: 'changed' });
  });

  it('goes on from a round of a loop with the variables as they were, and runs the later rounds again', () => {
    const run = finished().continued('loop[1]/a');
    expect(run.waitsFor()).toEqual(['run-task loop[1]/a']);
    run.complete('loop[1]/a', 10);
    expect(run.waitsFor()).toEqual(['run-task loop[2]/a']);
    run.complete('loop[2]/a', 1);
    run.complete('after');
    expect(run.state.outputs).toEqual({ loop_n: 12, after_value: 'after' });
  });

  it('begins a container anew with all of its rounds', () => {
    const run = finished().continued('loop');
    expect(reused(run)).toEqual(['node-completed aside']);
    expect(run.waitsFor()).toEqual(['run-task loop[0]/a']);
  });

  it('leaves the other rounds of an iteration as they are', () => {
    const plan = planOf(
      [
        start,
        { id: 'list' },
        {
          id: 'each',
          type: 'iteration',
          config: { iterator_selector: ['list', 'value'], output_selector: ['a', 'value'] },
        },
        { id: 'a', parent: 'each' },
        end(['each', 'output']),
      ],
      'start>list list>each each>end',
    );
    const origin = new Driver(plan);
    origin.complete('list', ['0', '1', '2']);
    for (const round of [0, 1, 2]) origin.complete(`each[${round}]/a`);
    const run = origin.continued('each[1]/a');
    expect(run.waitsFor()).toEqual(['run-task each[1]/a']);
    run.complete('each[1]/a', 'changed');
    expect(run.state.outputs).toEqual({ each_output: ['each[0]/a', 'changed', 'each[2]/a'] });
  });

  it('does again what has since assigned the same variable, because that built on what is undone', () => {
    const add = { items: [{ variable_selector: ['loop', 'n'], operation: '+=', input_type: 'constant', value: 1 }] };
    const plan = planOf(
      [
        start,
        {
          id: 'loop',
          type: 'loop',
          config: { loop_count: 1, loop_variables: [{ label: 'n', var_type: 'number', value: 0 }] },
        },
        { id: 'first', type: 'loop-start', parent: 'loop' },
        { id: 'one', type: 'assigner', parent: 'loop', config: add },
        { id: 'a', parent: 'loop' },
        { id: 'other', type: 'assigner', parent: 'loop', config: add },
        end(['loop', 'n']),
      ],
      'start>loop first>one first>a a>other loop>end',
    );
    const origin = new Driver(plan);
    origin.complete('loop[0]/a');
    expect(origin.state.outputs).toEqual({ loop_n: 2 });
    const run = origin.continued('loop[0]/one');
    expect(reused(run)).toContain('node-completed loop[0]/a');
    expect(run.state.outputs).toEqual({ loop_n: 2 });
  });

  it('works from the first node too: then nothing is taken over', () => {
    const run = finished().continued('start');
    expect(reused(run)).toEqual([]);
    expect(run.waitsFor()).toEqual(['run-task aside', 'run-task loop[0]/a']);
  });
});
