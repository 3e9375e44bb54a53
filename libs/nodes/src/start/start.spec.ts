import type { JsonObject } from '@treadle/workflow';
import { describe, expect, it } from 'vitest';
import { checkInputs } from './check-inputs.js';
import { start } from './start.descriptor.js';

const check = (variable: JsonObject, inputs: JsonObject) =>
  checkInputs(start.config.parse({ variables: [{ variable: 'x', ...variable }] }), inputs);

describe('start', () => {
  it('gives its inputs on; what was left out is empty, not missing', () => {
    const types = ['text-input', 'paragraph', 'select', 'number', 'checkbox', 'file', 'file-list', 'json_object'];
    const config = start.config.parse({ variables: types.map((type, index) => ({ variable: `v${index}`, type })) });
    const settlement = start.settle(config, ([, name]) => (name === 'v0' ? 'given' : undefined));
    expect(settlement).toEqual({
      outputs: { v0: 'given', v1: '', v2: '', v3: null, v4: false, v5: null, v6: [], v7: null },
    });
  });

  it('refuses kinds of input that do not exist', () => {
    expect(start.config.safeParse({ variables: [{ variable: 'x', type: 'external_data_tool' }] }).success).toBe(false);
  });
});

describe('checkInputs', () => {
  it('tells every problem at once', () => {
    const config = start.config.parse({
      variables: [
        { variable: 'name', required: true },
        { variable: 'age', type: 'number' },
      ],
    });
    expect(checkInputs(config, { age: 'old', extra: 1 }).problems).toEqual([
      { field: 'extra', message: 'The workflow has no input "extra". It takes: name, age.' },
      { field: 'name', message: 'Input "name" is required. Give it a value.' },
      { field: 'age', message: 'Input "age" must be a number.' },
    ]);
  });

  it.each<[string, JsonObject, JsonObject, JsonObject]>([
    ['a text', { type: 'paragraph', max_length: 2 }, { x: '😀é' }, { x: '😀é' }],
    ['a number written as text', { type: 'number' }, { x: '1.5' }, { x: 1.5 }],
    ['zero where a number is required', { type: 'number', required: true }, { x: 0 }, { x: 0 }],
    ['a checkbox written as text', { type: 'checkbox' }, { x: 'True' }, { x: true }],
    ['an unchecked required checkbox', { type: 'checkbox', required: true }, { x: false }, { x: false }],
    ['a choice', { type: 'select', options: ['a', 'b'] }, { x: 'b' }, { x: 'b' }],
    ['an empty choice as none', { type: 'select', options: ['a', 'b'] }, { x: '' }, {}],
    ['null as nothing', {}, { x: null }, {}],
    ['a default', { default: 'd', required: true }, {}, { x: 'd' }],
    ['a default number written as text', { type: 'number', default: '5' }, { x: '' }, { x: 5 }],
    ['an empty default as none', { type: 'number', default: '' }, {}, {}],
    ['files', { type: 'file-list', max_length: 1 }, { x: [{ type: 'image' }] }, { x: [{ type: 'image' }] }],
    ['an object written as text', { type: 'json_object' }, { x: '{"a":1}' }, { x: { a: 1 } }],
  ])('accepts %s', (_, variable, inputs, expected) => {
    expect(check(variable, inputs)).toEqual({ inputs: expected });
  });

  it.each<[string, JsonObject, JsonObject, string]>([
    ['a text that is none', {}, { x: 5 }, 'must be a text'],
    ['a text that is too long', { max_length: 2 }, { x: 'abc' }, 'is 3 characters long; at most 2'],
    ['an empty required text', { required: true }, { x: '' }, 'is required'],
    ['an empty required list', { required: true, type: 'file-list' }, { x: [] }, 'is required'],
    ['a choice that is none', { type: 'select', options: ['a', 'b'] }, { x: 'c' }, 'must be one of: a, b'],
    ['a number that is none', { type: 'number' }, { x: true }, 'must be a number'],
    ['a checkbox that is none', { type: 'checkbox' }, { x: 'maybe' }, 'must be true or false'],
    ['a file that is none', { type: 'file' }, { x: 'a.png' }, 'must be a file'],
    ['too many files', { type: 'file-list', max_length: 1 }, { x: [{}, {}] }, 'holds 2 files; at most 1'],
    ['an object that is none', { type: 'json_object' }, { x: '[1]' }, 'must be a JSON object'],
    [
      'an object that breaks its schema',
      { type: 'json_object', json_schema: { type: 'object', properties: { a: { type: 'number' } }, required: ['a'] } },
      { x: { a: 'b' } },
      'does not follow its schema: a:',
    ],
  ])('refuses %s', (_, variable, inputs, sentence) => {
    const { problems } = check(variable, inputs);
    expect(problems).toHaveLength(1);
    expect(problems?.[0]).toMatchObject({ field: 'x', message: expect.stringContaining(sentence) });
  });
});
