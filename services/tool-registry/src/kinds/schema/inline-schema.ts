import { isJsonObject, type Json, type JsonObject } from '@treadle/workflow';
import { fromOpenApi30 } from './openapi-30-schema.js';
import type { References } from './references.js';
import type { SchemaBudget } from './schema-budget.js';
import { textOf } from './text-of.js';

export interface InlineOptions {
  readonly references: References;
  readonly budget: SchemaBudget;
  /** `openapi-3.0` is a dialect of its own; everything else is read as JSON schema 2020-12, older spellings included. */
  readonly dialect: 'openapi-3.0' | '2020-12';
}

const single = ['additionalProperties', 'contains', 'else', 'if', 'items', 'not', 'propertyNames', 'then'];
const lists = ['allOf', 'anyOf', 'oneOf', 'prefixItems'];
const maps = ['dependentSchemas', 'properties'];
/** Kept as they are. What is missing here is an identifier, a note for tools, or something that a model has no use for. */
const plain = [
  ...['const', 'contentEncoding', 'contentMediaType', 'default', 'dependentRequired', 'deprecated', 'description'],
  ...['enum', 'examples', 'exclusiveMaximum', 'exclusiveMinimum', 'format', 'maxContains', 'maximum', 'maxItems'],
  ...['maxLength', 'maxProperties', 'minContains', 'minimum', 'minItems', 'minLength', 'minProperties', 'multipleOf'],
  ...['required', 'title', 'type', 'uniqueItems'],
];

/**
 * Writes a schema out as JSON schema 2020-12 without references, for the arguments of a tool.
 * - A form that contains itself is cut where it repeats: the inner one is any value (an object where the form is one) and says so.
 * - Patterns become sentences: they come from strangers, and checking one can take forever.
 * - Properties that only answers have (`readOnly`) are left out.
 * @throws FailureError `tool_source_invalid` for a reference that cannot be followed, `limit_exceeded` for a source without measure.
 */
export function inlineSchema(schema: Json | undefined, options: InlineOptions): JsonObject {
  return new Inliner(options).write(schema ?? {}, [], 0);
}

class Inliner {
  constructor(private readonly options: InlineOptions) {}

  /** `open` are the references being written out around this schema. */
  write(schema: Json, open: readonly string[], depth: number): JsonObject {
    const { value, pointers } = this.options.references.follow(schema);
    if (value === false) return { not: {} };
    if (!isJsonObject(value)) return {};
    if (pointers.some((pointer) => open.includes(pointer))) return repeated(pointers, value);
    if (!this.options.budget.spend(depth)) {
      return { description: 'Any value: the form of this part is too large to be written out.' };
    }
    const written = this.#writeObject(value, [...open, ...pointers], depth);
    return pointers.length > 0 && isJsonObject(schema) ? this.#besideReference(schema, written, open, depth) : written;
  }

  #writeObject(schema: JsonObject, open: readonly string[], depth: number): JsonObject {
    const source = this.options.dialect === 'openapi-3.0' ? fromOpenApi30(schema) : fromOlderDrafts(schema);
    const inner = (value: Json) => this.write(value, open, depth + 1);
    const entries: [string, Json][] = [];
    for (const [name, value] of Object.entries(source)) {
      // What patterns of names let in is not written out, so that nothing may be refused for its name.
      if (name === 'additionalProperties' && source.patternProperties !== undefined) continue;
      if (plain.includes(name)) entries.push([name, value]);
      else if (single.includes(name)) entries.push([name, typeof value === 'boolean' ? value : inner(value)]);
      else if (lists.includes(name) && Array.isArray(value))
        entries.push([name, (value as readonly Json[]).map(inner)]);
      else if (maps.includes(name) && isJsonObject(value)) entries.push([name, mapped(value, inner)]);
    }
    return withPatternSentence(source, this.#withoutReadOnly(source, Object.fromEntries(entries)));
  }

  #withoutReadOnly(source: JsonObject, written: JsonObject): JsonObject {
    if (!isJsonObject(source.properties) || !isJsonObject(written.properties)) return written;
    const hidden = Object.entries(source.properties)
      .filter(([, property]) => isReadOnly(this.options.references.follow(property).value))
      .map(([name]) => name);
    if (hidden.length === 0) return written;
    const shown = Object.entries(written.properties).filter(([name]) => !hidden.includes(name));
    const required = Array.isArray(written.required) ? (written.required as readonly Json[]) : [];
    return {
      ...written,
      properties: Object.fromEntries(shown),
      required: required.filter((name) => !hidden.includes(textOf(name))),
    };
  }

  /** Since 2019 a reference may have neighbours, which hold as well; in OpenAPI 3.0 they are ignored. */
  #besideReference(schema: JsonObject, written: JsonObject, open: readonly string[], depth: number): JsonObject {
    const { $ref: _, ...beside } = schema;
    if (this.options.dialect === 'openapi-3.0' || Object.keys(beside).length === 0) return written;
    const { description, title, default: preset, deprecated, ...rules } = beside;
    const notes = Object.entries({ description, title, default: preset, deprecated }).filter(([, note]) => note !== undefined); // biome-ignore format: one thought
    const noted: JsonObject = { ...written, ...(Object.fromEntries(notes) as JsonObject) };
    if (Object.keys(rules).length === 0) return noted;
    return { allOf: [noted, this.#writeObject(rules, open, depth + 1)] };
  }
}

const mapped = (schemas: JsonObject, write: (schema: Json) => JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, write(schema)]));

const isReadOnly = (schema: Json) => isJsonObject(schema) && schema.readOnly === true;

function repeated(pointers: readonly string[], schema: JsonObject): JsonObject {
  const name = pointers.at(-1)?.split('/').at(-1) ?? '';
  const isObject = schema.type === 'object' || isJsonObject(schema.properties);
  const where = name === '' || name === '#' ? 'The same form again' : `The same form again (${name.slice(0, 100)})`;
  return { ...(isObject && { type: 'object' }), description: `${where}, as described around it.` };
}

/** Draft 4 and 7 spellings that servers and generators still write. */
function fromOlderDrafts(schema: JsonObject): JsonObject {
  const { items, exclusiveMinimum, exclusiveMaximum, ...rest } = schema;
  return {
    ...rest,
    ...(Array.isArray(items) ? { prefixItems: items as readonly Json[] } : items !== undefined && { items }),
    ...(typeof exclusiveMinimum === 'number' && { exclusiveMinimum }),
    ...(typeof exclusiveMaximum === 'number' && { exclusiveMaximum }),
  };
}

function withPatternSentence(source: JsonObject, written: JsonObject): JsonObject {
  if (typeof source.pattern !== 'string') return written;
  const said = typeof written.description === 'string' ? `${written.description.trim()} ` : '';
  return { ...written, description: `${said}Matches the pattern ${source.pattern.slice(0, 200)}` };
}
