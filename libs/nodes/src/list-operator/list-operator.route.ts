import { FailureError, toFailure } from '@treadle/failure';
import {
  type Json,
  type Read,
  renderTextTemplate,
  type Settlement,
  selectorText,
  valueAsText,
} from '@treadle/workflow';
import { compare } from '../conditions/compare.js';
import { attributeOf, expectedValue } from '../conditions/holds.js';
import type { ListOperatorConfig } from './list-operator.descriptor.js';

/** Filters, then picks, then sorts, then cuts: each only if it is enabled. */
export function settleListOperator(config: ListOperatorConfig, read: Read): Settlement {
  try {
    const result = limited(
      config,
      ordered(config, extracted(config, filtered(config, listOf(config, read), read), read)),
    );
    return { outputs: { result, first_record: result[0] ?? null, last_record: result.at(-1) ?? null } };
  } catch (error) {
    return { failure: toFailure(error) };
  }
}

type List = readonly Json[];

function listOf({ variable }: ListOperatorConfig, read: Read): List {
  const list = read(variable);
  if (Array.isArray(list)) return list as List;
  const name = selectorText(variable);
  throw list === undefined
    ? FailureError.of('value_missing', `"${name}" has no value. Give it a list before this node.`)
    : FailureError.of('node_configuration', `"${name}" holds no list. Choose a variable that does.`);
}

function filtered({ filter_by: filter }: ListOperatorConfig, list: List, read: Read): List {
  if (filter?.enabled !== true) return list;
  const conditions = filter.conditions.map((condition) => ({
    ...condition,
    expected: expectedValue(condition.value, read),
  }));
  return list.filter((item) =>
    conditions.every(({ key, comparison_operator, expected }) =>
      compare(comparison_operator, partOf(item, key), expected),
    ),
  );
}

function extracted({ extract_by: extract }: ListOperatorConfig, list: List, read: Read): List {
  if (extract?.enabled !== true) return list;
  const written = renderTextTemplate(String(extract.serial), read);
  const item = list[Number(written) - 1];
  if (item !== undefined) return [item];
  const message = `There is no item number "${written}": the list has ${list.length}. Choose a number from 1 to that.`;
  throw FailureError.of('node_configuration', message);
}

function ordered({ order_by: order }: ListOperatorConfig, list: List): List {
  if (order?.enabled !== true) return list;
  const sign = order.value === 'asc' ? 1 : -1;
  return [...list].sort((a, b) => sign * comparedParts(partOf(a, order.key), partOf(b, order.key)));
}

/** Numbers by size, all else as text. */
function comparedParts(a: Json, b: Json): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const [left, right] = [valueAsText(a), valueAsText(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

function limited({ limit }: ListOperatorConfig, list: List): List {
  return limit?.enabled === true ? list.slice(0, limit.size) : list;
}

function partOf(item: Json, key: string): Json {
  return key === '' ? item : attributeOf(item, key);
}
