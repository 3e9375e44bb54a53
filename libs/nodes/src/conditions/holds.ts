import { FailureError } from '@treadle/failure';
import { isJsonObject, type Json, type Read, renderTextTemplate, selectorText } from '@treadle/workflow';
import { compare } from './compare.js';
import type { ComparisonOperator, Condition, Expected, LogicalOperator, SubCondition } from './condition.js';

/** Operators that ask whether something is there; for the others a missing value is a failure, not a "no". */
const asksForPresence: ReadonlySet<ComparisonOperator> = new Set([
  'empty',
  'not empty',
  'null',
  'not null',
  'exists',
  'not exists',
]);

/** Operators that, over a list of files, look at the attributes of each file. */
const looksIntoFiles: ReadonlySet<ComparisonOperator> = new Set(['contains', 'not contains', 'all of']);

/** Stops at the first condition that decides. No conditions at all hold for "and", not for "or". */
export function allOrAny<Item>(
  operator: LogicalOperator,
  items: readonly Item[],
  holds: (item: Item) => boolean,
): boolean {
  return operator === 'and' ? items.every(holds) : items.some(holds);
}

/**
 * Whether a condition holds.
 * @throws FailureError `value_missing` where there is nothing to compare, `node_configuration` for a comparison without sense.
 */
export function conditionHolds(condition: Condition, read: Read): boolean {
  const { comparison_operator: operator, variable_selector: selector, sub_variable_condition: inside } = condition;
  const found = read(selector);
  if (found === undefined && !asksForPresence.has(operator)) {
    const name = selectorText(selector);
    throw FailureError.of(
      'value_missing',
      `"${name}" has no value to compare ("${operator}"). Test with "exists" first, or give it a value.`,
    );
  }
  const value = found ?? null;
  if (inside != null && Array.isArray(value) && looksIntoFiles.has(operator)) {
    const files = value as readonly Json[];
    return allOrAny(inside.logical_operator, inside.conditions, (sub) => subConditionHolds(sub, files, read));
  }
  return compare(operator, value, expectedValue(condition.value, read));
}

/** Holds when any file fits; for an operator with "not" in it, when every file does. */
function subConditionHolds(sub: SubCondition, files: readonly Json[], read: Read): boolean {
  const expected = expectedValue(sub.value, read);
  const fits = (file: Json) => compare(sub.comparison_operator, attributeOf(file, sub.key), expected);
  return sub.comparison_operator.includes('not') ? files.every(fits) : files.some(fits);
}

/** An attribute of a file or object by its name; null where it has none. */
export function attributeOf(item: Json, key: string): Json {
  return isJsonObject(item) && Object.hasOwn(item, key) ? (item[key] ?? null) : null;
}

/** What is compared with, its references filled in. */
export function expectedValue(expected: Expected, read: Read): Json {
  const rendered = (item: string | number | boolean) =>
    typeof item === 'string' ? renderTextTemplate(item, read) : item;
  if (expected === undefined || expected === null) return null;
  return Array.isArray(expected) ? expected.map(rendered) : rendered(expected);
}
