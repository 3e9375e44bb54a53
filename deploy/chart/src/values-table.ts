import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { chart, type Values } from './helm.js';

interface Schema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly $ref?: string;
  readonly allOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly oneOf?: readonly Schema[];
  readonly enum?: readonly string[];
  readonly $defs?: Readonly<Record<string, Schema>>;
}

/** Where the table begins in the chart's README. */
export const tableMark = '## Values\n';

/** Everything of the chart's README up to the table. */
export function readmeBeforeTable(): string {
  const readme = readFileSync(`${chart}/README.md`, 'utf8');
  return readme.slice(0, readme.indexOf(tableMark));
}

/** Every key of the values with its default and meaning, as the schema and values.yaml have them. */
export function valuesTable(): string {
  const root = JSON.parse(readFileSync(`${chart}/values.schema.json`, 'utf8')) as Schema;
  const defaults = parse(readFileSync(`${chart}/values.yaml`, 'utf8')) as Values;
  const rows = rowsOf(root, root, defaults, '');
  const own = ['service', 'pool'].map((name) => {
    const rowsOfOwn = rowsOf(root.$defs?.[name] ?? {}, root, {}, '').map((row) => row.replace('| | ', '| '));
    const head = name === 'service' ? 'Of each service, `services.<name>.`' : 'Of each pool, `executors.<name>.`';
    return [`### ${head}`, '', '| key | meaning |', '|---|---|', ...rowsOfOwn].join('\n');
  });
  return `${[tableMark, '| key | default | meaning |', '|---|---|---|', ...rows].join('\n')}\n\n${own.join('\n\n')}\n`;
}

/** Keys whose description is not their own, and keys without one. */
export function undescribed(): string[] {
  const root = JSON.parse(readFileSync(`${chart}/values.schema.json`, 'utf8')) as Schema;
  return missing(root, root, 'values', new Set());
}

function rowsOf(schema: Schema, root: Schema, value: unknown, path: string): string[] {
  return Object.entries(resolve(schema, root).properties ?? {}).flatMap(([key, inner]) => {
    if (path === '' && key === 'global') return [];
    const known = resolve(inner, root);
    const name = path === '' ? key : `${path}.${key}`;
    const own = (value as Values | undefined)?.[key];
    const repeated = /^(services|defaults)\.[A-Za-z]+$/.test(name) && known.properties && name.startsWith('services');
    const below = repeated || isOpen(known) ? [] : rowsOf(known, root, own, name);
    const words = known.enum ? ` One of ${known.enum.map((word) => `\`${word}\``).join(', ')}.` : '';
    const said = `${inner.description ?? known.description ?? ''}${words}`;
    const shown = below.length > 0 || own === undefined ? '' : `\`${JSON.stringify(own)}\``;
    return [`| \`${name}\` | ${shown}${shown ? ' ' : ''}| ${said.replaceAll('|', '\\|')} |`, ...below];
  });
}

/** A map whose keys are the user's, or a part that Kubernetes defines. */
const isOpen = (schema: Schema) => schema.additionalProperties !== false;

function missing(schema: Schema, root: Schema, path: string, seen: Set<Schema>): string[] {
  const known = resolve(schema, root);
  if (seen.has(known)) return [];
  seen.add(known);
  const own = (schema.description ?? known.description) === undefined ? [path] : [];
  const below = Object.entries(known.properties ?? {}).flatMap(([key, inner]) =>
    missing(inner, root, `${path}.${key}`, seen),
  );
  const item = known.items?.properties ? missing(known.items, root, `${path}[]`, seen) : [];
  return [...own, ...below, ...item];
}

function resolve(schema: Schema, root: Schema): Schema {
  const ref = schema.$ref ?? schema.allOf?.[0]?.$ref;
  return ref === undefined ? schema : (root.$defs?.[ref.slice('#/$defs/'.length)] ?? schema);
}
