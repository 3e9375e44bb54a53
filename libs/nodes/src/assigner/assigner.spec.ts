import type { Json, Read } from '@treadle/workflow';
import { describe, expect, it } from 'vitest';
import { assigner } from './assigner.descriptor.js';

const item = (operation: string, value?: Json, variable_type = 'number') => ({
  variable_selector: ['conversation', 'v'],
  operation,
  input_type: 'constant',
  value,
  variable_type,
});
const settle = (current: Json | undefined, ...items: object[]) => {
  const read: Read = ([owner]) => (owner === 'conversation' ? current : owner === 'a' ? 'from a' : undefined);
  const settlement = assigner.settle(assigner.config.parse({ items }), read);
  return 'assigns' in settlement ? settlement.assigns?.map(({ value }) => value) : settlement;
};

describe('assigner', () => {
  it.each<[string, Json, string, Json | undefined, Json]>([
    ['set', 1, 'number', 5, 5],
    ['set', 1, 'number', '5', 5],
    ['over-write', 'x', 'string', 'y', 'y'],
    ['clear', 5, 'number', undefined, 0],
    ['clear', ['a'], 'array[string]', undefined, []],
    ['append', ['a'], 'array[string]', 'b', ['a', 'b']],
    ['extend', ['a'], 'array[string]', ['b', 'c'], ['a', 'b', 'c']],
    ['+=', 1, 'number', 2, 3],
    ['-=', 1, 'number', 2, -1],
    ['*=', 3, 'number', 2, 6],
    ['/=', 3, 'number', 2, 1.5],
    ['remove-first', ['a', 'b'], 'array[string]', undefined, ['b']],
    ['remove-last', ['a', 'b'], 'array[string]', undefined, ['a']],
    ['remove-last', [], 'array[string]', undefined, []],
  ])('%s on %j (%s) with %j gives %j', (operation, current, type, value, result) => {
    expect(settle(current, item(operation, value, type))).toEqual([result]);
  });

  it.each<[string, Json, string, Json]>([
    ['set', 1, 'number', 'text'],
    ['over-write', 'x', 'string', 5],
    ['append', ['a'], 'array[string]', 5],
    ['append', 'a', 'string', 'b'],
    ['extend', ['a'], 'array[string]', [5]],
    ['+=', 'a', 'string', 'b'],
    ['/=', 1, 'number', 0],
    ['remove-first', 'a', 'string', null],
  ])('refuses %s on %j (%s) with %j', (operation, current, type, value) => {
    expect(settle(current, item(operation, value, type))).toMatchObject({ failure: { code: 'node_configuration' } });
  });

  it('takes values of the run, and fails where there is none', () => {
    const from = (node: string) => ({ ...item('over-write', [node, 'x'], 'string'), input_type: 'variable' });
    expect(settle('', from('a'))).toEqual(['from a']);
    expect(settle('', from('gone'))).toMatchObject({ failure: { code: 'value_missing' } });
    const config = assigner.config.parse({ items: [from('a')] });
    expect(assigner.reads(config)).toEqual([{ selector: ['a', 'x'], field: 'items[0].value' }]);
    expect(assigner.writes?.(config)).toEqual([
      { selector: ['conversation', 'v'], field: 'items[0].variable_selector' },
    ]);
  });

  it('sees in each item what those before it have written', () => {
    expect(settle(1, item('+=', 2), item('*=', 10))).toEqual([30]);
    expect(settle('x', item('set', null, 'object'), item('clear', null, 'any'), item('clear', null, 'string'))).toEqual(
      [''],
    );
  });
});
