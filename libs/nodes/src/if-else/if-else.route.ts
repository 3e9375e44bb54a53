import { FailureError, toFailure } from '@treadle/failure';
import {
  isJsonObject,
  type Json,
  type Read,
  renderTextTemplate,
  type Settlement,
  selectorText,
} from '@treadle/workflow';
import { compare } from './compare.js';
import type { ComparisonOperator, Condition, IfElseConfig, SubCondition } from './if-else.descriptor.js';

/** The branch taken when no case holds. */
export const elseHandle = 'false';

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

export function settleIfElse(config: IfElseConfig, read: Read): Settlement {
  try {
    const taken = config.cases.find((item) =>
      allOrAny(item.logical_operator, item.conditions, (condition) => conditionHolds(condition, read)),
    );
    const handle = taken?.case_id ?? elseHandle;
    return { outputs: { result: taken !== undefined, selected_case_id: handle }, handle };
  } catch (error) {
    return { failure: toFailure(error) };
  }
}

/** Stops at the first condition that decides. No conditions at all hold for "and", not for "or". */
function allOrAny<Item>(operator: 'and' | 'or', items: readonly Item[], holds: (item: Item) => boolean): boolean {
  return operator === 'and' ? items.every(holds) : items.some(holds);
}

function conditionHolds(condition: Condition, read: Read): boolean {
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
  const fits = (file: Json) => {
    const attribute = isJsonObject(file) && Object.hasOwn(file, sub.key) ? (file[sub.key] ?? null) : null;
    return compare(sub.comparison_operator, attribute, expected);
  };
  return sub.comparison_operator.includes('not') ? files.every(fits) : files.some(fits);
}

function expectedValue(expected: Condition['value'], read: Read): Json {
  const rendered = (item: string | number | boolean) =>
    typeof item === 'string' ? renderTextTemplate(item, read) : item;
  if (expected === undefined || expected === null) return null;
  return Array.isArray(expected) ? expected.map(rendered) : rendered(expected);
}
