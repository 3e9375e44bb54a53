import { createHash } from 'node:crypto';
import { type Schema, Validator } from '@cfworker/json-schema';
import { FailureError } from '@treadle/failure';
import { isJsonObject, type Json, type JsonObject } from '@treadle/workflow';

const mostProblems = 5;

/**
 * Checks arguments against a tool's schema, without making code of the schema, which may come from a stranger.
 * Patterns are left to whoever serves the tool: a regular expression of a stranger could keep this process busy for ever.
 * @throws FailureError `tool_arguments_invalid` with the field at fault.
 */
export function checkArguments(tool: string, schema: JsonObject, args: JsonObject): void {
  const validator = new Validator(withoutPatterns(schema) as Schema, '2020-12', false);
  const problems = validator
    .validate(args)
    .errors.filter(({ keyword }) => !wrappers.has(keyword))
    .map(({ instanceLocation, error, keyword }) => ({
      field: fieldOf(instanceLocation, error, keyword),
      message: error,
    }));
  const [first] = problems;
  if (!first) return;
  throw FailureError.of(
    'tool_arguments_invalid',
    `The arguments of "${tool}" do not fit its schema: ${first.field ? `"${first.field}": ` : ''}${first.message} Correct them and call again.`,
    {
      field: argumentField(first.field),
      details: {
        problems: problems
          .slice(0, mostProblems)
          .map(({ field, message }) => ({ field: argumentField(field), message })),
      },
    },
  );
}

const argumentField = (field: string) => (field ? `arguments.${field}` : 'arguments');

/** They only say that something inside of them is wrong, which is reported itself. */
const wrappers = new Set(['properties', 'items', 'prefixItems', 'additionalItems', 'allOf', '$ref']);
const aboutMembers = new Set(['additionalProperties', 'required', 'unevaluatedProperties']);
const patternWords = new Set(['pattern', 'patternProperties', 'format']);
/** Whose members are names, not words of JSON schema. */
const namedSchemas = new Set(['properties', '$defs', 'definitions', 'dependentSchemas']);

function withoutPatterns(schema: Json): Json {
  if (Array.isArray(schema)) return schema.map(withoutPatterns);
  if (!isJsonObject(schema)) return schema;
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([word]) => !patternWords.has(word))
      .map(([word, value]) => [word, cleaned(word, value)]),
  );
}

function cleaned(word: string, value: Json): Json {
  if (word === 'enum' || word === 'const' || word === 'default' || word === 'examples') return value;
  if (!namedSchemas.has(word) || !isJsonObject(value)) return withoutPatterns(value);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withoutPatterns(inner)]));
}

/** `#/address/street` becomes `address.street`; of a member that is missing or too much, the member itself. */
function fieldOf(location: string, error: string, keyword: string): string {
  const path = location
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  const [, member] = aboutMembers.has(keyword) ? (/"([^"]+)"/.exec(error) ?? []) : [];
  return (member === undefined ? path : [...path, member]).join('.');
}

/** @throws FailureError `tool_arguments_invalid` for what is no JSON object. */
export function readArguments(json: string): JsonObject {
  const value = parse(json === '' ? '{}' : json);
  if (isJsonObject(value)) return value;
  throw FailureError.of('tool_arguments_invalid', 'The arguments of a tool are a JSON object.', { field: 'arguments' });
}

function parse(json: string): Json | undefined {
  try {
    return JSON.parse(json) as Json;
  } catch {
    return undefined;
  }
}

/** The same for equal values: the order of members does not matter. */
export function hashOf(value: Json): string {
  return createHash('sha256')
    .update(JSON.stringify(ordered(value)))
    .digest('base64url');
}

function ordered(value: Json): Json {
  if (Array.isArray(value)) return value.map(ordered);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((name) => [name, ordered(value[name] ?? null)]),
  );
}
