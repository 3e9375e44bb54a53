import type { Values } from './helm.js';

interface Schema {
  readonly type?: string | readonly string[];
  readonly $ref?: string;
  readonly allOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
}

/** Values with one mistake, and what it is. */
export interface Mutation {
  readonly what: string;
  readonly values: Values;
}

type Path = readonly (string | number)[];

/**
 * As many files of values as asked for, each with another mistake of those that people make: a key that is not there, a word in place of a
 * number, a number out of range, a list in place of a map, a value that is none of those allowed. The same each time.
 */
export function mutations(files: readonly Values[], root: Schema, count: number): Mutation[] {
  const all = files.flatMap((values, index) =>
    mistakesIn(values, root, root, []).map(({ path, value, what }) => ({
      what: `${index}: ${path.join('.')} ${what}`,
      values: withAt(values, path, value) as Values,
    })),
  );
  const step = Math.max(1, Math.floor(all.length / count));
  return all.filter((_, index) => index % step === 0).slice(0, count);
}

interface Mistake {
  readonly path: Path;
  readonly value: unknown;
  readonly what: string;
}

function mistakesIn(value: unknown, schema: Schema, root: Schema, path: Path): Mistake[] {
  const known = resolve(schema, root);
  if (typeof value !== 'object' || value === null) return scalarMistakes(value, known, path);
  const wrong: Mistake = { path, value: Array.isArray(value) ? { odd: 1 } : ['odd'], what: 'is of another shape' };
  const below = Object.entries(value).flatMap(([key, inner]) => {
    const step = Array.isArray(value) ? Number(key) : key;
    const inside = Array.isArray(value) ? known.items : (known.properties?.[key] ?? known.additionalProperties);
    return typeof inside === 'object' ? mistakesIn(inner, inside, root, [...path, step]) : [];
  });
  const closed = known.additionalProperties === false;
  const typo: Mistake[] = closed ? [{ path: [...path, 'replicsa'], value: 3, what: 'is not there' }] : [];
  return [...(path.length > 0 ? [wrong] : []), ...typo, ...below];
}

function scalarMistakes(value: unknown, { type, pattern, enum: words }: Schema, path: Path): Mistake[] {
  const mistake = (wrong: unknown, what: string): Mistake => ({ path, value: wrong, what });
  const found = [mistake({ odd: { a: 1 } }, 'is a map')];
  if (type === 'boolean') found.push(mistake('perhaps', 'is a word'));
  if (type === 'integer')
    found.push(mistake(-5, 'is below zero'), mistake(1.5, 'is a fraction'), mistake('many', 'is a word'));
  if (type === 'string' && (pattern !== undefined || words))
    found.push(mistake('! no such thing !', 'is none of them'));
  if (type === 'string' && typeof value === 'string') found.push(mistake(17, 'is a number'));
  return found;
}

function resolve(schema: Schema, root: Schema): Schema {
  const ref = schema.$ref ?? schema.allOf?.[0]?.$ref;
  return ref === undefined ? schema : (root.$defs?.[ref.slice('#/$defs/'.length)] ?? schema);
}

function withAt(value: unknown, [key, ...rest]: Path, put: unknown): unknown {
  if (key === undefined) return put;
  if (Array.isArray(value))
    return value.map((inner: unknown, index) => (index === key ? withAt(inner, rest, put) : inner));
  const map = (value ?? {}) as Values;
  return { ...map, [key]: withAt(map[key], rest, put) };
}
