import type { Schemas } from '@qdrant/js-client-rest';
import type { MetadataCondition, MetadataFilter, MetadataValue } from '../../domain/metadata-filter.js';

export type Filter = Schemas['Filter'];
export type Condition = Schemas['Condition'];

type Scalar = string | number;

const nothing: Condition = { has_id: [] };
const ranges = { '<': 'lt', before: 'lt', '>': 'gt', after: 'gt', '≤': 'lte', '≥': 'gte' } as const;

/**
 * A filter in Qdrant's words, with the meaning of `matches`; undefined where Qdrant has no words for it: parts of texts, and fields whose
 * names cannot be part of a path. Metadata lie in the payload as `metadata` (as they are) and `numbers` (what reads as a number).
 */
export function toQdrantFilter({ logic, conditions }: MetadataFilter): Filter | undefined {
  const translated = conditions.map(toCondition);
  const known = translated.filter((condition) => condition !== undefined);
  if (known.length < translated.length) return undefined;
  if (known.length === 0) return {};
  return logic === 'and' ? { must: known } : { should: known };
}

/** What of a document's metadata can be filtered by. */
export function filterable(metadata: Readonly<Record<string, MetadataValue>>) {
  const present = Object.entries(metadata).filter((entry): entry is [string, Scalar] => entry[1] !== null);
  const numbers = present.map(([name, value]) => [name, bounded(Number(value))] as const);
  return {
    metadata: Object.fromEntries(present),
    numbers: Object.fromEntries(numbers.filter(([, value]) => !Number.isNaN(value))),
  };
}

function toCondition({ field, operator, value }: MetadataCondition): Condition | undefined {
  if (!isPathable(field)) return undefined;
  const key = `metadata."${field}"`;
  switch (operator) {
    case 'empty':
      return empty(key);
    case 'not empty':
      return { must_not: [empty(key)] };
    case 'in':
      return anyOf(key, listed(value));
    case 'not in':
      return { must_not: [anyOf(key, listed(value))] };
    case 'is':
    case '=':
      return isScalar(value) ? same(key, value) : undefined;
    case 'is not':
    case '≠':
      return isScalar(value) ? { must_not: [same(key, value)] } : undefined;
    case '<':
    case '>':
    case '≤':
    case '≥':
    case 'after':
    case 'before':
      return isScalar(value) ? inRange(`numbers."${field}"`, ranges[operator], Number(value)) : undefined;
    default:
      return undefined;
  }
}

/** Texts are compared as texts, numbers as numbers, whatever the value was given as. */
function same(key: string, value: Scalar): Condition {
  return { should: [{ key, match: { value: String(value) } }, ...equal(key, Number(value))] };
}

function anyOf(key: string, values: readonly string[]): Condition {
  if (values.length === 0) return nothing;
  const numbers = values.filter((value) => String(Number(value)) === value);
  return { should: [{ key, match: { any: [...values] } }, ...numbers.flatMap((value) => equal(key, Number(value)))] };
}

function equal(key: string, value: number): Condition[] {
  return Number.isFinite(value) ? [{ key, range: { gte: value, lte: value } }] : [];
}

function inRange(key: string, bound: 'lt' | 'gt' | 'lte' | 'gte', value: number): Condition {
  return Number.isNaN(value) ? nothing : { key, range: { [bound]: bounded(value) } };
}

function empty(key: string): Condition {
  return { should: [{ is_empty: { key } }, { key, match: { value: '' } }] };
}

/** JSON has no infinity. */
function bounded(value: number): number {
  return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value));
}

/** Inside quotes a path takes every character but the quote itself. */
function isPathable(field: string): boolean {
  return field !== '' && !/["\\]/.test(field);
}

function isScalar(value: MetadataCondition['value']): value is Scalar {
  return typeof value === 'string' || typeof value === 'number';
}

function listed(value: MetadataCondition['value']): string[] {
  if (value === undefined) return [];
  return (Array.isArray(value) ? value : [value]).map(String);
}
