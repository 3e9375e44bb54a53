import { FailureError } from '@treadle/failure';

const types = new Set(['array', 'boolean', 'integer', 'null', 'number', 'object', 'string']);
/** Keywords that hold one schema, a list of them, or one by name. */
const single = ['items', 'additionalProperties', 'not', 'if', 'then', 'else', 'contains', 'propertyNames'];
const lists = ['anyOf', 'allOf', 'oneOf', 'prefixItems'];
const named = ['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas'];
const deepest = 64;

/**
 * Refuses what cannot be a JSON schema before anybody is asked, and paid, for an answer that follows it.
 * @throws FailureError `invalid_argument` with the path of the first problem.
 */
export function checkJsonSchema(schema: unknown, path: string, depth = 0): void {
  if (typeof schema === 'boolean' && depth > 0) return;
  if (!isObject(schema)) throw wrong(path, 'is no schema: a schema is an object');
  if (depth > deepest) throw wrong(path, `is nested deeper than ${deepest} levels`);
  checkType(schema['type'], `${path}.type`);
  checkWords(schema, path);
  for (const name of single) if (name in schema) checkJsonSchema(schema[name], `${path}.${name}`, depth + 1);
  for (const name of lists) if (name in schema) checkList(schema[name], `${path}.${name}`, depth);
  for (const name of named) if (name in schema) checkNamed(schema[name], `${path}.${name}`, depth);
}

function checkType(type: unknown, path: string): void {
  if (type === undefined) return;
  const all: unknown[] = Array.isArray(type) ? type : [type];
  const bad = all.find((one) => typeof one !== 'string' || !types.has(one));
  if (bad !== undefined) throw wrong(path, `is ${JSON.stringify(bad)}, which is no type of JSON`);
}

function checkWords(schema: Readonly<Record<string, unknown>>, path: string): void {
  const { required, enum: values, $ref } = schema;
  if (required !== undefined && !(Array.isArray(required) && required.every((name) => typeof name === 'string')))
    throw wrong(`${path}.required`, 'is no list of names');
  if (values !== undefined && !Array.isArray(values)) throw wrong(`${path}.enum`, 'is no list of values');
  if ($ref !== undefined && typeof $ref !== 'string') throw wrong(`${path}.$ref`, 'is no text');
}

function checkList(value: unknown, path: string, depth: number): void {
  if (!Array.isArray(value)) throw wrong(path, 'is no list of schemas');
  value.forEach((schema: unknown, index) => {
    checkJsonSchema(schema, `${path}[${index}]`, depth + 1);
  });
}

function checkNamed(value: unknown, path: string, depth: number): void {
  if (!isObject(value)) throw wrong(path, 'is no object of schemas');
  for (const [name, schema] of Object.entries(value)) checkJsonSchema(schema, `${path}.${name}`, depth + 1);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function wrong(path: string, what: string): FailureError {
  return FailureError.of('invalid_argument', `The schema is wrong: ${path} ${what}.`, { field: path });
}
