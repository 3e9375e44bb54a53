import { Validator } from '@cfworker/json-schema';
import { FailureError } from '@treadle/failure';
import { isJsonObject, type Json, type JsonObject } from '@treadle/workflow';
import type { ChatResponseFormat } from '../capabilities.js';
import type { ModelAnswer } from '../model/ask-model.js';
import { readJsonObject } from '../model/read-json.js';

/** Failures name this many differences from the schema, and quote this much of an answer. */
const mostDifferences = 3;
const longestQuote = 300;

/** What keeps a schema from being one of answers, as a sentence; `undefined` when nothing does. */
export function schemaProblem(schema: JsonObject | null | undefined): string | undefined {
  if (!schema) return 'Structured output is switched on without a schema. Give it one, or switch it off.';
  if (schema.type !== 'object') return 'The answer is an object, so the schema\'s type must be "object".';
  return undefined;
}

/** How the model is asked for an object by the schema. Providers promise to keep to it only where nothing in it is left open. */
export function toResponseFormat(schema: JsonObject): ChatResponseFormat {
  return { type: 'json_schema', name: 'answer', schema, strict: isClosed(schema) };
}

/**
 * The object in the answer, checked against the schema.
 * @throws FailureError `model_answer_unusable` when there is none or it differs, `node_configuration` when the schema cannot be used.
 */
export function readStructuredOutput({ text, finishReason }: ModelAnswer, schema: JsonObject): JsonObject {
  if (finishReason === 'length') {
    throw unusable('was cut off at the longest answer allowed. Raise "max_tokens" or ask for less', text);
  }
  const object = readJsonObject(text);
  if (object === undefined)
    throw unusable('holds no JSON object. Ask for one in the prompt, or try another model', text);
  const differences = differencesOf(object, schema);
  if (differences.length === 0) return object;
  throw unusable(`does not keep to the schema (${differences.join(' ')}). Describe its fields better, or retry`, text);
}

function unusable(what: string, text: string): FailureError {
  const answer = text.length > longestQuote ? `${text.slice(0, longestQuote)}…` : text;
  return FailureError.of('model_answer_unusable', `The model's answer ${what}.`, { details: { answer } });
}

/** Errors that say no more than another one beside them. */
const echoes = new Set(['$ref', 'allOf', 'false', 'items', 'prefixItems', 'properties']);

function differencesOf(object: JsonObject, schema: JsonObject): string[] {
  const { errors } = check(object, schema);
  const causes = errors.filter(({ keyword }) => !echoes.has(keyword));
  return causes
    .slice(0, mostDifferences)
    .map(({ instanceLocation, error }) =>
      instanceLocation === '#' ? error : `${instanceLocation.slice(2)}: ${error}`,
    );
}

function check(object: JsonObject, schema: JsonObject) {
  try {
    return new Validator(withoutPatterns(schema), '2020-12', false).validate(object);
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : '';
    const message = `The schema of the structured output cannot be used: ${reason}`;
    throw FailureError.of('node_configuration', message, { field: 'structured_output.schema' }, { cause: error });
  }
}

/** Regular expressions are left to the model: one that never ends would hold up every task of this executor. */
function withoutPatterns(schema: JsonObject): JsonObject {
  return JSON.parse(JSON.stringify(schema), (key, value: Json) =>
    key === 'pattern' && typeof value === 'string' ? undefined : value,
  ) as JsonObject;
}

/** Whether every object in a schema names all it has and requires all it names. */
function isClosed(schema: Json): boolean {
  if (Array.isArray(schema)) return (schema as readonly Json[]).every(isClosed);
  if (!isJsonObject(schema)) return true;
  const { properties, required, additionalProperties } = schema;
  const names = isJsonObject(properties) ? Object.keys(properties) : [];
  const all = Array.isArray(required) && names.every((name) => required.includes(name));
  if (schema.type === 'object' && !(additionalProperties === false && all)) return false;
  return Object.values(schema).every(isClosed);
}
