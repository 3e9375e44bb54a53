import { describe, expect, it } from 'vitest';
import { Driver, planOf } from '../test/driver.js';
import { readFrom } from './index.js';

const start = (...names: string[]) => ({
  id: 'start',
  type: 'start',
  config: { variables: names.map((variable) => ({ variable, type: 'json_object' })) },
});
const end = (...selectors: string[][]) => ({
  id: 'end',
  type: 'end',
  config: {
    outputs: selectors.map((value_selector) => ({ variable: value_selector.join('_'), value_selector })),
  },
});
const splitter = {
  id: 'items',
  type: 'text-splitter',
  config: { variable_selector: ['start', 'text'], chunk_size: 1 },
};
const textStart = { id: 'start', type: 'start', config: { variables: [{ variable: 'text' }] } };

/** Iterates over the letters of the input `text`, with `a` then `b` inside. */
function eachLetter(config: object = {}, more: object = {}) {
  return planOf(
    [
      textStart,
      splitter,
      {
        id: 'each',
        type: 'iteration',
        config: { iterator_selector: ['items', 'chunks'], output_selector: ['b', 'value'], ...config },
        ...more,
      },
      { id: 'a', parent: 'each', config: { reads: [['each', 'item']] } },
      {
        id: 'b',
        parent: 'each',
        config: {
          reads: [
            ['a', 'value'],
            ['each', 'index'],
            ['start', 'text'],
          ],
        },
      },
      end(['each', 'output']),
    ],
    'start>items items>each each>end a>b each:fail-branch>end'.replace(
      'on_error' in more ? 'never' : ' each:fail-branch>end',
      '',
    ),
  );
}

describe('iteration', () => {
  it('runs one round after the other, each seeing its own item and nodes', () => {
    const run = new Driver(eachLetter(), { text: 'xy' });
    expect(run.waitsFor()).toEqual(['run-task each[0]/a']);
    expect(readFrom(run.plan, run.state, 'each[0]/a')(['each', 'item'])).toBe('x');
    run.complete('each[0]/a', 'A0');
    const read = readFrom(run.plan, run.state, 'each[0]/b');
    expect([read(['a', 'value']), read(['each', 'index']), read(['start', 'text'])]).toEqual(['A0', 0, 'xy']);
    run.complete('each[0]/b', 'B0');
    expect(run.waitsFor()).toEqual(['run-task each[1]/a']);
    expect(readFrom(run.plan, run.state, 'each[1]/b')(['a', 'value'])).toBeUndefined();
    run.complete('each[1]/a');
    run.complete('each[1]/b', 'B1');
    expect(run.state).toMatchObject({ status: 'completed', outputs: { each_output: ['B0', 'B1'] } });
  });

  it('keeps no more rounds under way than it may, and gives their outputs in the order of the items', () => {
    const text = 'abcdefghijklmnopqrst';
    const run = new Driver(eachLetter({ is_parallel: true, parallel_nums: 12 }), { text });
    expect(run.waitsFor()).toHaveLength(12);
    for (let left = 20; left > 0; left--) {
      const keys = run.waitsFor().map((command) => command.split(' ')[1]!);
      const key = keys[(left * 7) % keys.length]!;
      run.complete(key);
      const scope = key.slice(0, -2);
      run.complete(`${scope}/b`, scope);
      expect(run.waitsFor().length).toBeLessThanOrEqual(12);
    }
    expect(run.state.outputs).toEqual({ each_output: [...text].map((_, index) => `each[${index}]`) });
  });

  it('forgets the nodes of a round when it is over', () => {
    const run = new Driver(eachLetter(), { text: 'xy' });
    run.complete('each[0]/a');
    run.complete('each[0]/b');
    expect([...run.state.frames.keys()]).toEqual(['', 'each[1]']);
    expect(run.complete('each[0]/b', 'again')).toBe(false);
  });

  it('gives an empty list for an empty list', () => {
    expect(new Driver(eachLetter(), { text: '' }).state).toMatchObject({
      status: 'completed',
      outputs: { each_output: [] },
    });
  });

  it('fails with what failed inside, and waits for nothing else', () => {
    const run = new Driver(eachLetter({ is_parallel: true }), { text: 'xyz' });
    run.fail('each[1]/a');
    expect(run.state).toMatchObject({ status: 'failed', failure: { code: 'provider_unavailable' } });
    expect(run.events.at(-1)).toMatchObject({ type: 'run-failed', key: 'each[1]/a' });
    expect(run.complete('each[0]/a')).toBe(false);
  });

  it('lets its own error strategy decide, and forgets the rounds that were under way', () => {
    const run = new Driver(eachLetter({ is_parallel: true }, { on_error: { strategy: 'fail-branch' } }), {
      text: 'xyz',
    });
    run.fail('each[1]/a');
    expect(run.state).toMatchObject({ status: 'completed', exceptions: 1 });
    expect([...run.state.frames.keys()]).toEqual(['']);
  });

  it.each([
    ['continue-on-error', ['B', null]],
    ['remove-abnormal-output', ['B']],
  ])('goes on after a failed round with %s', (error_handle_mode, output) => {
    const run = new Driver(eachLetter({ error_handle_mode, is_parallel: true }), { text: 'xy' });
    run.fail('each[1]/a');
    expect(run.waitsFor()).toEqual(['run-task each[0]/a']);
    expect(run.complete('each[1]/a', 'late')).toBe(false);
    run.complete('each[0]/a');
    run.complete('each[0]/b', 'B');
    expect(run.state).toMatchObject({ status: 'completed', outputs: { each_output: output } });
    expect(run.events.at(-1)).toMatchObject({ type: 'run-completed', exceptions: 1 });
  });

  it('takes thousands of rounds that fail at once in its stride', () => {
    const plan = planOf(
      [
        textStart,
        splitter,
        {
          id: 'each',
          type: 'iteration',
          config: {
            iterator_selector: ['items', 'chunks'],
            output_selector: ['bad', 'output'],
            error_handle_mode: 'continue-on-error',
          },
        },
        { id: 'bad', type: 'template', parent: 'each', config: { template: '{{ nope.a.b }}' } },
        end(['each', 'output']),
      ],
      'start>items items>each each>end',
    );
    const run = new Driver(plan, { text: 'x'.repeat(3000) });
    expect(run.state).toMatchObject({ status: 'completed', exceptions: 3000 });
  });

  it('gives up after its timeout', () => {
    const run = new Driver(eachLetter({}, { timeout_seconds: 10 }), { text: 'xy' });
    expect(run.timer(10_000)).toBe(true);
    expect(run.state).toMatchObject({ status: 'failed', failure: { code: 'node_timeout' } });
  });

  it('fails when it is given no list', () => {
    const plan = planOf(
      [
        start('list'),
        {
          id: 'each',
          type: 'iteration',
          config: { iterator_selector: ['start', 'list'], output_selector: ['a', 'value'] },
        },
        { id: 'a', parent: 'each' },
        end(['each', 'output']),
      ],
      'start>each each>end',
    );
    expect(new Driver(plan).state).toMatchObject({ status: 'failed', failure: { code: 'node_configuration' } });
  });
});

/** Adds 1 to `n` each round, until it is 3 or, with `stop`, until the loop-end is reached at 2. */
function counting(more: object[] = [], edges = 'start>loop loop>end add>work') {
  return planOf(
    [
      textStart,
      {
        id: 'loop',
        type: 'loop',
        config: {
          loop_count: 10,
          loop_variables: [{ label: 'n', var_type: 'number', value: 0 }],
          break_conditions: [{ variable_selector: ['loop', 'n'], comparison_operator: '≥', value: '3' }],
        },
      },
      {
        id: 'add',
        parent: 'loop',
        type: 'assigner',
        config: { items: [{ variable_selector: ['loop', 'n'], operation: '+=', input_type: 'constant', value: 1 }] },
      },
      { id: 'work', parent: 'loop', config: { reads: [['loop', 'n']] } },
      end(['loop', 'n'], ['loop', 'loop_round']),
      ...(more as { id: string }[]),
    ],
    edges,
  );
}

describe('loop', () => {
  it('hands its variables from round to round until its conditions hold', () => {
    const run = new Driver(counting());
    for (const n of [1, 2, 3]) {
      const key = `loop[${n - 1}]/work`;
      expect(run.waitsFor()).toEqual([`run-task ${key}`]);
      expect(readFrom(run.plan, run.state, key)(['loop', 'n'])).toBe(n);
      run.complete(key);
    }
    expect(run.state).toMatchObject({ status: 'completed', outputs: { loop_n: 3, loop_loop_round: 3 } });
  });

  it('ends with the round in which loop-end is reached', () => {
    const two = {
      id: 'two',
      type: 'if-else',
      parent: 'loop',
      config: {
        cases: [
          {
            case_id: 'yes',
            conditions: [{ variable_selector: ['loop', 'n'], comparison_operator: '=', value: '2' }],
          },
        ],
      },
    };
    const plan = counting(
      [two, { id: 'stop', type: 'loop-end', parent: 'loop' }],
      'start>loop loop>end add>two two:yes>stop add>work',
    );
    const run = new Driver(plan);
    run.complete('loop[0]/work');
    run.complete('loop[1]/work');
    expect(run.state.outputs).toEqual({ loop_n: 2, loop_loop_round: 2 });
  });

  it('fails when a round does', () => {
    const run = new Driver(counting());
    run.complete('loop[0]/work');
    run.fail('loop[1]/work');
    expect(run.state.status).toBe('failed');
  });

  it('stands in other containers and holds them, each round with variables of its own', () => {
    const plan = planOf(
      [
        textStart,
        splitter,
        {
          id: 'each',
          type: 'iteration',
          config: {
            iterator_selector: ['items', 'chunks'],
            output_selector: ['loop', 'said'],
            is_parallel: true,
          },
        },
        {
          id: 'loop',
          type: 'loop',
          parent: 'each',
          config: {
            loop_count: 2,
            loop_variables: [
              { label: 'said', var_type: 'array[string]', value_type: 'variable', value: ['items', 'chunks'] },
            ],
          },
        },
        {
          id: 'inner',
          type: 'iteration',
          parent: 'loop',
          config: { iterator_selector: ['items', 'chunks'], output_selector: ['work', 'value'] },
        },
        {
          id: 'work',
          parent: 'inner',
          config: {
            reads: [
              ['each', 'item'],
              ['inner', 'item'],
            ],
          },
        },
        {
          id: 'keep',
          type: 'assigner',
          parent: 'inner',
          config: {
            items: [{ variable_selector: ['loop', 'said'], operation: 'append', value: ['work', 'value'] }],
          },
        },
        end(['each', 'output']),
      ],
      'start>items items>each each>end work>keep',
    );
    const run = new Driver(plan, { text: 'xy' });
    for (let [next] = run.waitsFor(); next; [next] = run.waitsFor()) {
      const key = next.split(' ')[1]!;
      const read = readFrom(plan, run.state, key);
      run.complete(key, `${read(['each', 'item']) as string}${read(['inner', 'item']) as string}`);
    }
    const said = (letter: string) => ['x', 'y', `${letter}x`, `${letter}y`, `${letter}x`, `${letter}y`];
    expect(run.state.outputs).toEqual({ each_output: [...said('x'), ...said('y')] });
    expect(run.events.some((event) => 'key' in event && event.key === 'each[1]/loop[1]/inner[1]/work')).toBe(true);
  });
});

describe('sub-workflow', () => {
  const inner = planOf(
    [
      { id: 'start', type: 'start', config: { variables: [{ variable: 'name' }] } },
      {
        id: 'work',
        config: {
          reads: [
            ['env', 'KEY'],
            ['conversation', 'mood'],
            ['start', 'name'],
          ],
        },
      },
      {
        id: 'set',
        type: 'assigner',
        config: {
          items: [
            { variable_selector: ['conversation', 'mood'], operation: 'set', input_type: 'constant', value: 'new' },
          ],
        },
      },
      end(['work', 'value'], ['conversation', 'mood']),
    ],
    'start>work work>set set>end',
    { environment: [{ name: 'KEY', value: 'inner' }], conversation: [{ name: 'mood', value: 'old' }] },
  );
  const plan = planOf(
    [
      textStart,
      {
        id: 'call',
        type: 'sub-workflow',
        config: { workflow_id: 'inner', version: 1, inputs: [{ variable: 'name', value_selector: ['start', 'text'] }] },
      },
      end(['call', 'work_value'], ['call', 'conversation_mood'], ['conversation', 'mood']),
    ],
    'start>call call>end',
    { environment: [{ name: 'KEY', value: 'outer' }], conversation: [{ name: 'mood', value: 'outer' }] },
    { inner },
  );

  it('sees its inputs and scopes of its own, and gives what its end nodes give', () => {
    const run = new Driver(plan, { text: 'Ada' });
    expect(run.waitsFor()).toEqual(['run-task call[0]/work']);
    const read = readFrom(plan, run.state, 'call[0]/work');
    expect([read(['env', 'KEY']), read(['conversation', 'mood']), read(['start', 'name'])]).toEqual([
      'inner',
      'old',
      'Ada',
    ]);
    expect([read(['start', 'text']), read(['call', 'index']), read(['sys', 'workflow_run_id'])]).toEqual([
      undefined,
      undefined,
      'run-1',
    ]);
    run.complete('call[0]/work', 'done');
    expect(run.state.outputs).toEqual({
      call_work_value: 'done',
      call_conversation_mood: 'new',
      conversation_mood: 'outer',
    });
  });

  it('fails with what failed inside', () => {
    const run = new Driver(plan, { text: 'Ada' });
    run.fail('call[0]/work');
    expect(run.state.status).toBe('failed');
  });
});
