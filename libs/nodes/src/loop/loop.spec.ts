import type { JsonObject, Read } from '@treadle/workflow';
import { describe, expect, it } from 'vitest';
import { loop } from './loop.descriptor.js';

const parse = (config: JsonObject = {}) => loop.config.parse({ loop_count: 3, ...config });
const variable = (var_type: string, value: unknown, value_type = 'constant') => ({
  label: 'v',
  var_type,
  value_type,
  value,
});
const open = (one: JsonObject, read: Read = () => undefined) =>
  loop.open(parse({ loop_variables: [one] }), read, { entry: '', nodes: new Map() });
const until = (operator: string, value: string) => ({
  break_conditions: [{ variable_selector: ['loop', 'v'], comparison_operator: operator, value }],
});
const end = (config: JsonObject, read: Read, ended = false) =>
  loop.endRound(parse(config), { index: 0, read, outputs: () => ({}), completed: () => ended });

describe('loop', () => {
  it.each([
    ['string', 'a', 'a'],
    ['string', '', ''],
    ['number', '5', 5],
    ['number', null, 0],
    ['array[string]', '["a"]', ['a']],
    ['array[string]', '', []],
    ['object', { a: 1 }, { a: 1 }],
    ['boolean', 'true', true],
  ])('begins a %s written as %j with %j', (type, written, value) => {
    expect(open(variable(type, written) as JsonObject)).toEqual({ rounds: 3, parallel: 1, variables: { v: value } });
  });

  it('begins with a value of the run', () => {
    const one = variable('number', ['a', 'x'], 'variable') as JsonObject;
    expect(open(one, () => 7)).toMatchObject({ variables: { v: 7 } });
    expect(open(one)).toMatchObject({ failure: { code: 'value_missing' } });
    expect(open(one, () => 'text')).toMatchObject({ failure: { code: 'node_configuration' } });
  });

  it('ends when its conditions hold or a loop-end was reached', () => {
    expect(end(until('≥', '3'), () => 3)).toEqual({ output: null, stop: true });
    expect(end(until('≥', '3'), () => 2)).toEqual({ output: null, stop: false });
    expect(end({}, () => undefined)).toEqual({ output: null, stop: false });
    expect(end({}, () => undefined, true)).toEqual({ output: null, stop: true });
  });

  it('goes on when what it compares is not there, and fails when it cannot compare', () => {
    expect(end(until('=', '3'), () => undefined)).toEqual({ output: null, stop: false });
    expect(end(until('>', '3'), () => 'text')).toMatchObject({ failure: { code: 'node_configuration' } });
  });

  it('gives its variables and the number of its rounds', () => {
    const rounds = [{ output: null }, { output: null }];
    expect(loop.close(parse(), rounds, { v: 1 })).toEqual({ outputs: { v: 1, loop_round: 2 } });
    expect(loop.outputs(parse({ loop_variables: [variable('number', 1) as JsonObject] }))).toEqual(['v', 'loop_round']);
  });
});
