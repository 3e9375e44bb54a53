import type { Read } from '@treadle/workflow';
import { describe, expect, it } from 'vitest';
import { variableAggregator } from './variable-aggregator.descriptor.js';

const read: Read = ([node]) => (node === 'b' ? 'from b' : node === 'nil' ? null : undefined);
const variables = [
  ['a', 'text'],
  ['b', 'text'],
];

describe('variable-aggregator', () => {
  it('takes the first value that is there', () => {
    const config = variableAggregator.config.parse({ variables, output_type: 'string' });
    expect(variableAggregator.settle(config, read)).toEqual({ outputs: { output: 'from b' } });
    expect(variableAggregator.outputs(config)).toEqual(['output']);
  });

  it('takes null as a value, and gives nothing when none is there', () => {
    const settle = (node: string) =>
      variableAggregator.settle(variableAggregator.config.parse({ variables: [[node, 'x']] }), read);
    expect(settle('nil')).toEqual({ outputs: { output: null } });
    expect(settle('a')).toEqual({ outputs: {} });
  });

  it('gives one output a group', () => {
    const config = variableAggregator.config.parse({
      advanced_settings: {
        group_enabled: true,
        groups: [
          { group_name: 'one', output_type: 'string', variables },
          { group_name: 'two', output_type: 'string', variables: [['a', 'text']] },
        ],
      },
    });
    expect(variableAggregator.settle(config, read)).toEqual({ outputs: { one: { output: 'from b' } } });
    expect(variableAggregator.outputs(config)).toEqual(['one', 'two']);
    expect(variableAggregator.reads(config).at(-1)?.field).toBe('advanced_settings.groups[1].variables[0]');
  });
});
