import { isJsonObject, type Json, type JsonObject } from '@treadle/workflow';

/** One level of an OpenAPI 3.0 schema in the words of JSON schema 2020-12: `nullable`, boolean exclusive limits, binary strings. */
export function fromOpenApi30(schema: JsonObject): JsonObject {
  const { nullable, exclusiveMinimum, exclusiveMaximum, minimum, maximum, example, ...rest } = schema;
  const plain: JsonObject = {
    ...rest,
    ...limit('minimum', 'exclusiveMinimum', minimum, exclusiveMinimum),
    ...limit('maximum', 'exclusiveMaximum', maximum, exclusiveMaximum),
    ...(example !== undefined && rest.examples === undefined && { examples: [example] }),
  };
  return nullable === true ? orNull(plain) : plain;
}

function limit(name: string, exclusiveName: string, value: Json | undefined, exclusive: Json | undefined): JsonObject {
  if (typeof exclusive === 'number')
    return { ...(value !== undefined && { [name]: value }), [exclusiveName]: exclusive };
  if (value === undefined) return {};
  return exclusive === true ? { [exclusiveName]: value } : { [name]: value };
}

function orNull(schema: JsonObject): JsonObject {
  if (typeof schema.type !== 'string') {
    const { description, ...form } = schema;
    const open = Object.keys(form).every((name) => !decides.has(name));
    return open ? schema : { ...(description !== undefined && { description }), anyOf: [form, { type: 'null' }] };
  }
  const values = Array.isArray(schema.enum) ? (schema.enum as readonly Json[]) : undefined;
  return {
    ...schema,
    type: [schema.type, 'null'],
    ...(values && !values.includes(null) && { enum: [...values, null] }),
  };
}

/** Keywords that could refuse `null` where there is no type. */
const decides = new Set(['$ref', 'allOf', 'anyOf', 'enum', 'not', 'oneOf']);

/** Whether a schema means bytes, in any of the spellings of 3.0 and 3.1. */
export function isBinary(schema: Json | undefined): boolean {
  if (!isJsonObject(schema)) return false;
  if (schema.format === 'binary') return true;
  return (
    typeof schema.contentMediaType === 'string' && schema.contentEncoding === undefined && schema.type !== 'object'
  );
}
