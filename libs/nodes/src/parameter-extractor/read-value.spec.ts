import type { Json } from '@treadle/workflow';
import { describe, expect, it } from 'vitest';
import type { Parameter } from './parameter-extractor.descriptor.js';
import { readValue } from './read-value.js';

describe('a value that a model gave', () => {
  it.each<[Parameter['type'], Json, Json]>([
    ['string', 'Ulm', 'Ulm'],
    ['string', 7, '7'],
    ['string', { a: 1 }, '{"a":1}'],
    ['number', 7.5, 7.5],
    ['number', ' 7.5 ', 7.5],
    ['boolean', true, true],
    ['boolean', 'Yes', true],
    ['boolean', 0, false],
    ['select', 'red', 'red'],
    ['select', ' RED ', 'red'],
    ['array[string]', ['a', 1], ['a', '1']],
    ['array[string]', 'a', ['a']],
    ['array[number]', '[1, "2"]', [1, 2]],
    ['array[boolean]', ['true', false], [true, false]],
    ['array[object]', { a: 1 }, [{ a: 1 }]],
    ['array[object]', [], []],
  ])('for %s, %j, becomes %j', (type, given, value) => {
    expect(readValue({ type, options: ['red', 'green'] }, given)).toEqual(value);
  });

  it.each<[Parameter['type'], Json]>([
    ['number', 'seven'],
    ['number', ''],
    ['number', true],
    ['number', Number.POSITIVE_INFINITY],
    ['boolean', 'perhaps'],
    ['select', 'blue'],
    ['array[number]', [1, 'two']],
    ['array[string]', [null]],
    ['array[object]', ['a']],
  ])('for %s, %j, fits in no way', (type, given) => {
    expect(readValue({ type, options: ['red', 'green'] }, given)).toBeUndefined();
  });
});
