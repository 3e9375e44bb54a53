import { isJsonObject, type Json, type JsonObject } from '@treadle/workflow';

const hidden = '***';
const longestText = 2_000;
const mostItems = 100;
const deepest = 12;

/** Names that promise a secret, whatever stands between their words. */
const secretNames =
  /pass(word|wd|phrase|code)|^pwd$|token|secret|api_?-?key|access_?-?key|private_?-?key|credential|authorization|cookie|^auth$|signature|^pin$|^otp$|^cvv$|^ssn$/i;

/** Arguments as they may be kept: secrets, by their names or by what the schema says of them, are `***`, and what is long is cut. */
export function redact(args: JsonObject, schema: JsonObject): JsonObject {
  return redactObject(args, schema, 0);
}

function redactObject(value: JsonObject, schema: JsonObject, depth: number): JsonObject {
  const members = Object.entries(value);
  const shown = members.slice(0, mostItems).map(([name, inner]) => {
    const described = memberSchema(schema, name);
    return [name, isSecret(name, described) ? hidden : redactValue(inner, described, depth + 1)] as const;
  });
  return Object.fromEntries(
    members.length > mostItems ? [...shown, ['…', `${members.length - mostItems} more`]] : shown,
  );
}

function redactValue(value: Json, schema: JsonObject, depth: number): Json {
  if (depth > deepest) return '…';
  if (typeof value === 'string') return cut(value);
  if (isJsonObject(value)) return redactObject(value, schema, depth);
  if (!Array.isArray(value)) return value;
  const items = asSchema(schema['items']);
  return value
    .slice(0, mostItems)
    .map((item: Json) => (isMarked(items) ? hidden : redactValue(item, items, depth + 1)));
}

/** A text that carries an `Authorization` or is an address with a password is one as well. */
function cut(text: string): string {
  const clean = text
    .replaceAll('\0', '')
    .replace(/\b(bearer|basic)\s+[\w.~+/=-]{8,}/gi, `$1 ${hidden}`)
    .replace(/(\w+:\/\/[^\s/:@]*):[^\s/@]+@/g, `$1:${hidden}@`)
    .replace(/([?&][^=&\s]*(?:token|key|secret|password|signature)[^=&\s]*=)[^&\s#]+/gi, `$1${hidden}`);
  return clean.length > longestText ? `${clean.slice(0, longestText)}… (${clean.length} characters)` : clean;
}

const isSecret = (name: string, schema: JsonObject) => secretNames.test(name) || isMarked(schema);
const isMarked = (schema: JsonObject) => schema['format'] === 'password' || schema['writeOnly'] === true;

function memberSchema(schema: JsonObject, name: string): JsonObject {
  const own = asSchema(asSchema(schema['properties'])[name]);
  if (Object.keys(own).length > 0) return own;
  for (const word of ['allOf', 'anyOf', 'oneOf']) {
    const parts = schema[word];
    for (const part of Array.isArray(parts) ? parts : []) {
      const found = memberSchema(asSchema(part as Json), name);
      if (Object.keys(found).length > 0) return found;
    }
  }
  return asSchema(schema['additionalProperties']);
}

function asSchema(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}
