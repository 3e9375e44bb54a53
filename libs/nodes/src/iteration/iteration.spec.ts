import { failure } from '@treadle/failure';
import type { JsonObject, RoundResult } from '@treadle/workflow';
import { describe, expect, it } from 'vitest';
import { iteration } from './iteration.descriptor.js';

const parse = (config: JsonObject = {}) =>
  iteration.config.parse({ iterator_selector: ['a', 'list'], output_selector: ['b', 'x'], ...config });
const body = { entry: '', nodes: new Map() };
const gave = (...outputs: (RoundResult | null | string | string[])[]): RoundResult[] =>
  outputs.map((output) =>
    typeof output === 'object' && output !== null && !Array.isArray(output) ? output : { output },
  );
const broken = { failure: failure('internal', 'x') };
const outputOf = (rounds: RoundResult[], config: JsonObject = {}) => iteration.close(parse(config), rounds, {});

describe('iteration', () => {
  it('has a round for each item, one after the other unless it is parallel', () => {
    const read = () => ['x', 'y'];
    expect(iteration.open(parse(), read, body)).toEqual({ rounds: 2, items: ['x', 'y'], parallel: 1 });
    const parallel = parse({ is_parallel: true, parallel_nums: 64 });
    expect(iteration.open(parallel, read, body)).toMatchObject({ parallel: 64 });
  });

  it.each([
    [undefined, 'value_missing'],
    ['text', 'node_configuration'],
    [null, 'node_configuration'],
  ])('fails on %j', (value, code) => {
    expect(iteration.open(parse(), () => value, body)).toMatchObject({ failure: { code } });
  });

  it('gives null for a failed round, or leaves it out', () => {
    expect(outputOf(gave('a', broken, 'b'))).toEqual({ outputs: { output: ['a', null, 'b'] } });
    expect(outputOf(gave('a', broken, null), { error_handle_mode: 'remove-abnormal-output' })).toEqual({
      outputs: { output: ['a', null] },
    });
  });

  it('makes one list of lists, only if every round gave one, and only if it is to', () => {
    expect(outputOf(gave(['a'], ['b', 'c']))).toEqual({ outputs: { output: ['a', 'b', 'c'] } });
    expect(outputOf(gave(['a'], null))).toEqual({ outputs: { output: ['a'] } });
    expect(outputOf(gave(['a'], 'b'))).toEqual({ outputs: { output: [['a'], 'b'] } });
    expect(outputOf(gave(['a'], ['b']), { flatten_output: false })).toEqual({ outputs: { output: [['a'], ['b']] } });
    expect(outputOf([])).toEqual({ outputs: { output: [] } });
  });
});
