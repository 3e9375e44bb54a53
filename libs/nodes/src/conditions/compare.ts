import { FailureError } from '@treadle/failure';
import type { Json } from '@treadle/workflow';
import type { ComparisonOperator } from './condition.js';

/**
 * Whether a value stands in the given relation to what is expected. What follows from the value's own type: a boolean is compared
 * with a word as a boolean, a number as a number. Zero, false, null and everything of no length count as empty.
 * Throws `node_configuration` when the relation makes no sense for the value.
 */
export function compare(operator: ComparisonOperator, value: Json, expected: Json): boolean {
  switch (operator) {
    case 'empty':
      return isEmpty(value);
    case 'not empty':
      return !isEmpty(value);
    case 'null':
    case 'not exists':
      return value === null;
    case 'not null':
    case 'exists':
      return value !== null;
    case 'is':
      return value !== null && isSame(value, expected);
    case 'is not':
      return value !== null && !isSame(value, expected);
    case 'contains':
      return !isEmpty(value) && holds(value, expected, operator);
    case 'not contains':
      return isEmpty(value) || !holds(value, expected, operator);
    case 'start with':
      return !isEmpty(value) && textOf(value, operator).startsWith(word(expected));
    case 'end with':
      return !isEmpty(value) && textOf(value, operator).endsWith(word(expected));
    case 'in':
      return !isEmpty(value) && listOf(expected).some((item) => isSame(value, item));
    case 'not in':
      return isEmpty(value) || !listOf(expected).some((item) => isSame(value, item));
    case 'all of':
      return !isEmpty(value) && listOf(expected).every((item) => holds(value, item, operator));
    default:
      return value !== null && compareNumbers(operator, numberOf(value, operator), numberOf(expected, operator));
  }
}

function isEmpty(value: Json): boolean {
  if (value === null || value === '' || value === 0 || value === false) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

function isSame(value: Json, expected: Json): boolean {
  if (typeof value === 'boolean') return value === truth(expected);
  if (typeof value === 'number') return expected !== '' && value === Number(expected);
  return typeof value === 'string' ? value === word(expected) : JSON.stringify(value) === word(expected);
}

function truth(expected: Json): boolean | undefined {
  if (typeof expected === 'boolean') return expected;
  const text = word(expected).trim().toLowerCase();
  return text === 'true' || text === '1' ? true : text === 'false' || text === '0' ? false : undefined;
}

function holds(value: Json, expected: Json, operator: ComparisonOperator): boolean {
  if (typeof value === 'string') return value.includes(word(expected));
  if (Array.isArray(value)) return value.some((item: Json) => isSame(item, expected));
  throw wrongType(operator, 'a text or a list', value);
}

function textOf(value: Json, operator: ComparisonOperator): string {
  if (typeof value === 'string') return value;
  throw wrongType(operator, 'a text', value);
}

function listOf(expected: Json): readonly Json[] {
  return Array.isArray(expected) ? (expected as readonly Json[]) : [expected];
}

function word(expected: Json): string {
  return typeof expected === 'string' ? expected : expected === null ? '' : JSON.stringify(expected);
}

function numberOf(value: Json, operator: ComparisonOperator): number {
  if (typeof value === 'boolean') return Number(value);
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number === 'number' && !Number.isNaN(number)) return number;
  throw wrongType(operator, 'numbers', value);
}

type NumberOperator = '=' | '≠' | '>' | '<' | '≥' | '≤';

function compareNumbers(operator: NumberOperator, value: number, expected: number): boolean {
  switch (operator) {
    case '=':
      return value === expected;
    case '≠':
      return value !== expected;
    case '>':
      return value > expected;
    case '<':
      return value < expected;
    case '≥':
      return value >= expected;
    case '≤':
      return value <= expected;
  }
}

function wrongType(operator: ComparisonOperator, wanted: string, value: Json): FailureError {
  const kind = value === null ? 'nothing' : Array.isArray(value) ? 'a list' : `a value of type ${typeof value}`;
  return FailureError.of(
    'node_configuration',
    `"${operator}" compares ${wanted}, but met ${kind}. Choose another operator or variable.`,
  );
}
