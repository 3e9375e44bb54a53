import type { Json } from '@treadle/workflow';
import fc from 'fast-check';

/** One change of a JSON value. `where` chooses the place, the rest what is done there. */
interface Mutation {
  readonly where: number;
  readonly kind: 'replace' | 'remove' | 'copy' | 'rename';
  readonly value: Json;
}

/** What people and broken tools leave where something else was expected. */
const odd = fc.oneof(
  fc.constantFrom<Json>(
    null,
    '',
    0,
    -1,
    1e308,
    true,
    [],
    {},
    'start',
    'llm',
    'loop',
    '{{#start.x#}}',
    '{{#',
    '\u0000',
    '__proto__',
  ),
  fc.constantFrom<Json>(['start', 'x'], [['start']], { constructor: 1 }, 'a'.repeat(2000), '∈', '2026-13-45T99:00Z'),
  fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>,
);

export const mutations: fc.Arbitrary<Mutation[]> = fc.array(
  fc.record({
    where: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    kind: fc.constantFrom('replace', 'replace', 'remove', 'copy', 'rename'),
    value: odd,
  }),
  { minLength: 1, maxLength: 4 },
);

/** The value with the changes done to a copy of it, one after the other. */
export function mutate(value: Json, changes: readonly Mutation[]): Json {
  const root = { value: structuredClone(value) };
  for (const change of changes) {
    const places = placesIn(root.value);
    const place = places[Math.floor(change.where * places.length)];
    if (place) apply(place, change);
    else root.value = structuredClone(change.value);
  }
  return root.value;
}

interface Place {
  readonly parent: Json[] | Record<string, Json>;
  readonly name: string;
}

function placesIn(value: Json): Place[] {
  if (typeof value !== 'object' || value === null) return [];
  const parent = value as Place['parent'];
  return Object.entries(parent).flatMap(([name, inner]) => [{ parent, name }, ...placesIn(inner)]);
}

function apply({ parent, name }: Place, { kind, value }: Mutation): void {
  const record = parent as Record<string, Json>;
  const before = record[name] ?? null;
  if (kind === 'remove' || kind === 'rename') {
    if (Array.isArray(parent)) parent.splice(Number(name), 1);
    else delete record[name];
    if (kind === 'rename') define(parent, typeof value === 'string' ? value : 'renamed', before);
  } else if (kind === 'replace') record[name] = structuredClone(value);
  else define(parent, `${name}_copy`, structuredClone(before));
}

/** As a parser does it: `__proto__` becomes an ordinary member. */
function define(parent: Place['parent'], name: string, value: Json): void {
  if (Array.isArray(parent)) parent.push(value);
  else Object.defineProperty(parent, name, { value, enumerable: true, writable: true, configurable: true });
}
