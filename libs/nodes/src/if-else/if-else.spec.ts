import type { Json, JsonObject, Read } from '@treadle/workflow';
import { describe, expect, it } from 'vitest';
import { ifElse } from './if-else.descriptor.js';

const values: Record<string, Json> = {
  'a.text': 'yes',
  'a.word': 'yes',
  'a.files': [
    { type: 'image', extension: '.png', size: 10 },
    { type: 'document', extension: '.pdf', size: 2000 },
  ],
};
const read: Read = (selector) => values[selector.join('.')];

const is = (name: string, value: Json, operator = 'is'): JsonObject => ({
  variable_selector: ['a', name],
  comparison_operator: operator,
  value,
});
const settle = (...cases: JsonObject[]) =>
  ifElse.settle(
    ifElse.config.parse({ cases: cases.map((item, index) => ({ case_id: `case${index}`, ...item })) }),
    read,
  );
const handleOf = (...cases: JsonObject[]) => {
  const settlement = settle(...cases);
  return 'handle' in settlement ? settlement.handle : settlement;
};

describe('if-else', () => {
  it('takes the first case that holds', () => {
    const settlement = settle(
      { conditions: [is('text', 'no')] },
      { conditions: [is('text', 'yes')] },
      { conditions: [is('text', 'yes')] },
    );
    expect(settlement).toEqual({ outputs: { result: true, selected_case_id: 'case1' }, handle: 'case1' });
  });

  it('takes "false" when none holds', () => {
    expect(settle({ conditions: [is('text', 'no')] })).toEqual({
      outputs: { result: false, selected_case_id: 'false' },
      handle: 'false',
    });
  });

  it('joins conditions by and, or', () => {
    const conditions = [is('text', 'no'), is('text', 'yes')];
    expect(handleOf({ conditions })).toBe('false');
    expect(handleOf({ conditions, logical_operator: 'or' })).toBe('case0');
  });

  it('fails where a value is missing, unless the question was whether it is there', () => {
    expect(settle({ conditions: [is('gone', 'x')] })).toMatchObject({ failure: { code: 'value_missing' } });
    for (const operator of ['empty', 'null', 'not exists'])
      expect(handleOf({ conditions: [is('gone', null, operator)] })).toBe('case0');
    for (const operator of ['not empty', 'not null', 'exists'])
      expect(handleOf({ conditions: [is('gone', null, operator)] })).toBe('false');
  });

  it('does not look at conditions after the one that decides', () => {
    expect(handleOf({ conditions: [is('text', 'no'), is('gone', 'x')] })).toBe('false');
    expect(handleOf({ conditions: [is('text', 'yes'), is('gone', 'x')], logical_operator: 'or' })).toBe('case0');
  });

  it('compares with the value of a reference', () => {
    expect(handleOf({ conditions: [is('text', '{{#a.word#}}')] })).toBe('case0');
  });

  it('turns a comparison without sense into a failure', () => {
    expect(settle({ conditions: [is('text', '3', '>')] })).toMatchObject({ failure: { code: 'node_configuration' } });
  });

  it('looks into the attributes of files', () => {
    const files = (key: string, operator: string, value: Json) => ({
      conditions: [
        {
          ...is('files', null, 'contains'),
          sub_variable_condition: {
            logical_operator: 'and',
            conditions: [{ key, comparison_operator: operator, value }],
          },
        },
      ],
    });
    expect(handleOf(files('type', 'in', ['image']))).toBe('case0');
    expect(handleOf(files('size', '>', '5000'))).toBe('false');
    expect(handleOf(files('extension', 'is not', '.png'))).toBe('false');
  });

  it('has a branch for each case and one for none', () => {
    const config = ifElse.config.parse({ cases: [{ case_id: 'a', conditions: [is('text', '{{#b.c#}}')] }] });
    expect(ifElse.handles(config)).toEqual(['a', 'false']);
    expect(ifElse.reads(config)).toEqual([
      { selector: ['a', 'text'], field: 'cases[0].conditions[0].variable_selector' },
      { selector: ['b', 'c'], field: 'cases[0].conditions[0].value' },
    ]);
  });
});
