import type { Json, JsonObject } from '@treadle/workflow';
import { describe, expect, it } from 'vitest';
import { listOperator } from './list-operator.descriptor.js';

const files = [
  { name: 'b', type: 'image', size: 20 },
  { name: 'a', type: 'image', size: 3 },
  { name: 'c', type: 'document', size: 100 },
];
const settle = (config: JsonObject, list: Json | undefined = files) =>
  listOperator.settle(listOperator.config.parse({ variable: ['x', 'list'], ...config }), ([owner]) =>
    owner === 'n' ? 2 : list,
  );
const namesOf = (config: JsonObject) => {
  const settlement = settle(config);
  return 'outputs' in settlement
    ? (settlement.outputs['result'] as { name: string }[]).map(({ name }) => name)
    : settlement;
};
const images = { enabled: true, conditions: [{ key: 'type', comparison_operator: 'is', value: 'image' }] };
const bySize = { enabled: true, key: 'size', value: 'desc' };

describe('list-operator', () => {
  it('filters, picks, sorts and cuts', () => {
    expect(namesOf({ filter_by: images })).toEqual(['b', 'a']);
    expect(namesOf({ filter_by: images, extract_by: { enabled: true, serial: '{{#n.x#}}' } })).toEqual(['a']);
    expect(namesOf({ order_by: bySize })).toEqual(['c', 'b', 'a']);
    expect(namesOf({ order_by: bySize, limit: { enabled: true, size: 1 } })).toEqual(['c']);
  });

  it('does only what is enabled', () => {
    const off = { enabled: false };
    expect(namesOf({ filter_by: { ...images, ...off }, extract_by: off, order_by: off, limit: off })).toEqual([
      'b',
      'a',
      'c',
    ]);
  });

  it('gives the first and the last of what is left', () => {
    expect(settle({ order_by: { enabled: true } }, ['b', 'a'])).toEqual({
      outputs: { result: ['a', 'b'], first_record: 'a', last_record: 'b' },
    });
    expect(settle({}, [])).toEqual({ outputs: { result: [], first_record: null, last_record: null } });
  });

  it('fails without a list, and without the item that is picked', () => {
    expect(settle({}, 'text')).toMatchObject({ failure: { code: 'node_configuration' } });
    expect(settle({ extract_by: { enabled: true, serial: '4' } })).toMatchObject({
      failure: { code: 'node_configuration', message: expect.stringContaining('the list has 3') },
    });
  });
});
