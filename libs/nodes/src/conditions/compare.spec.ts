import type { Json } from '@treadle/workflow';
import { describe, expect, it } from 'vitest';
import { compare } from './compare.js';
import type { ComparisonOperator } from './condition.js';

describe('compare', () => {
  it.each<[Json, ComparisonOperator, Json, boolean]>([
    ['hello', 'contains', 'ell', true],
    ['hello', 'contains', 'x', false],
    ['', 'contains', '', false],
    [null, 'contains', 'a', false],
    [['a', 'b'], 'contains', 'b', true],
    [[true], 'contains', 'true', true],
    [[1, 2], 'contains', '2', true],
    ['hello', 'not contains', 'x', true],
    [null, 'not contains', 'x', true],
    [['a'], 'not contains', 'a', false],
    ['hello', 'start with', 'he', true],
    ['hello', 'end with', 'lo', true],
    ['', 'start with', '', false],
    ['a', 'is', 'a', true],
    ['5', 'is', 5, true],
    [true, 'is', 'true', true],
    [true, 'is', false, false],
    [null, 'is', '', false],
    ['a', 'is not', 'b', true],
    [null, 'is not', 'b', false],
    ['', 'empty', null, true],
    [0, 'empty', null, true],
    [[], 'empty', null, true],
    [{}, 'empty', null, true],
    ['a', 'empty', null, false],
    [[1], 'not empty', null, true],
    [false, 'not empty', null, false],
    ['a', 'in', ['a', 'b'], true],
    ['c', 'in', ['a', 'b'], false],
    ['', 'in', [''], false],
    ['c', 'not in', ['a', 'b'], true],
    ['', 'not in', ['a'], true],
    [['a', 'b', 'c'], 'all of', ['a', 'b'], true],
    [['a'], 'all of', ['a', 'b'], false],
    [5, '=', '5', true],
    ['5', '=', '5.0', true],
    [5, '≠', '6', true],
    [5, '>', '4.5', true],
    [5, '<', '4.5', false],
    [5, '≥', '5', true],
    [5, '≤', '5', true],
    [null, '=', '0', false],
    [null, 'null', null, true],
    ['', 'null', null, false],
    ['', 'not null', null, true],
    ['', 'exists', null, true],
    [null, 'not exists', null, true],
  ])('%j %s %j → %s', (value, operator, expected, result) => {
    expect(compare(operator, value, expected)).toBe(result);
  });

  it.each<[Json, ComparisonOperator, Json]>([
    [5, 'contains', '5'],
    [['a'], 'start with', 'a'],
    ['abc', '>', '1'],
    [1, '>', ''],
  ])('refuses to judge whether %j %s %j', (value, operator, expected) => {
    expect(() => compare(operator, value, expected)).toThrow(`"${operator}" compares`);
  });
});
