import { expect, it } from 'vitest';
import type { MetadataFieldType } from './dataset.js';
import { filterPrompt, readFilter } from './model-filter.js';

const fields = new Map<string, MetadataFieldType>([
  ['year', 'number'],
  ['kind', 'string'],
  ['printed', 'time'],
]);
const answer = (conditions: readonly object[], logic = 'and') => JSON.stringify({ logic, conditions });

it('reads conditions as the fields demand', () => {
  const text = answer([
    { field: 'year', operator: '>', value: '1990' },
    { field: 'kind', operator: 'in', value: ['report', 7] },
    { field: 'printed', operator: 'before', value: '2020-01-02' },
    { field: 'kind', operator: 'not empty', value: null },
  ]);
  expect(readFilter(text, fields)).toEqual({
    notes: [],
    filter: {
      logic: 'and',
      conditions: [
        { field: 'year', operator: '>', value: 1990 },
        { field: 'kind', operator: 'in', value: ['report', '7'] },
        { field: 'printed', operator: 'before', value: Date.parse('2020-01-02') },
        { field: 'kind', operator: 'not empty' },
      ],
    },
  });
});

it.each([
  [{ field: 'colour', operator: 'is', value: 'red' }, /no metadata field "colour"/],
  [{ field: 'year', operator: '=', value: 'last' }, /its value is no number/],
  [{ field: 'year', operator: '=', value: [1, 2] }, /its value is no number/],
  [{ field: 'year', operator: 'contains', value: '19' }, /a number is not compared so/],
  [{ field: 'printed', operator: 'after', value: 'soon' }, /its value is no time/],
  [{ field: 'kind', operator: 'is', value: null }, /its value is no string/],
  [{ field: 'kind' }, /no condition/],
])('leaves %j out and says why', (condition, why) => {
  const read = readFilter(answer([condition, { field: 'year', operator: '=', value: 1999 }]), fields);
  expect(read?.notes).toEqual([expect.stringMatching(why)]);
  expect(read?.filter?.conditions).toEqual([{ field: 'year', operator: '=', value: 1999 }]);
});

it('takes no part of conditions of which one is enough', () => {
  const read = readFilter(
    answer(
      [
        { field: 'x', operator: 'is', value: 1 },
        { field: 'year', operator: '=', value: 1 },
      ],
      'or',
    ),
    fields,
  );
  expect(read?.filter).toBeUndefined();
  expect(read?.notes).toHaveLength(1);
});

it('finds JSON between other words, and knows what is none', () => {
  expect(readFilter(`Here it is:\n\`\`\`json\n${answer([])}\n\`\`\``, fields)).toEqual({
    filter: undefined,
    notes: [],
  });
  expect(readFilter('I would rather not.', fields)).toBeUndefined();
  expect(readFilter('{"conditions":"all"}', fields)).toBeUndefined();
});

it('tells the model its fields, their operators and the day', () => {
  const { system, schema } = filterPrompt(fields, new Date('2026-03-04T05:06:07Z'));
  expect(system).toMatch(/- year \(number\): =, ≠/);
  expect(system).toMatch(/Today is 2026-03-04\./);
  expect(JSON.stringify(schema)).toContain('"enum":["year","kind","printed"]');
});
