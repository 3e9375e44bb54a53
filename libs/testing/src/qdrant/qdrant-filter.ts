import type { QdrantCondition, QdrantFieldCondition, QdrantFilter } from './qdrant-shapes.js';

export interface FilteredPoint {
  readonly id: string | number;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** Whether a point satisfies a filter: every `must`, at least one `should` if there are any, no `must_not`. */
export function satisfies(point: FilteredPoint, { must = [], should = [], must_not = [] }: QdrantFilter): boolean {
  const holds = (condition: QdrantCondition) => holdsFor(point, condition);
  return must.every(holds) && (should.length === 0 || should.some(holds)) && !must_not.some(holds);
}

function holdsFor(point: FilteredPoint, condition: QdrantCondition): boolean {
  if ('has_id' in condition) return condition.has_id.includes(point.id);
  if ('is_empty' in condition) return valuesAt(point.payload, condition.is_empty.key).length === 0;
  if ('key' in condition) return valuesAt(point.payload, condition.key).some((value) => fits(value, condition));
  return satisfies(point, condition);
}

function fits(value: unknown, { match, range }: QdrantFieldCondition): boolean {
  if (match && 'value' in match) return value === match.value;
  if (match) return (match.any as readonly unknown[]).includes(value);
  if (!range || typeof value !== 'number') return false;
  const { lt = Infinity, gt = -Infinity, lte = Infinity, gte = -Infinity } = range;
  return value < lt && value > gt && value <= lte && value >= gte;
}

/** What a path (`a.b`, with parts in quotes where they hold more than letters) leads to; lists are looked into. */
function valuesAt(payload: unknown, path: string): unknown[] {
  const parts = [...path.matchAll(/"([^"]*)"|([^."]+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
  let value = payload;
  for (const part of parts)
    value = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[part] : undefined;
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}
