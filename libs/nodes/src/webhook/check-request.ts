import { type Failure, failure } from '@treadle/failure';
import { isJsonObject, type Json, type JsonObject } from '@treadle/workflow';
import type { InputProblem } from '../start/check-inputs.js';
import { elementType, emptyValue, fitsType } from '../variable-types.js';
import { credentialHeader } from './credential-header.js';
import { outputName, type WebhookConfig, type WebhookParameter } from './webhook.descriptor.js';

/** A request as it came, its body decoded. */
export interface WebhookRequest {
  /** What stands behind the `?`. */
  readonly query: string;
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type WebhookCheck = { readonly inputs: JsonObject } | { readonly failure: Failure };

/** Headers that say more about the way of a request than about the request. */
const transportHeader =
  /^(?:accept|cf-|connection$|content-length$|forwarded$|host$|te$|upgrade$|via$|x-forwarded-|x-real-ip$)/;

/**
 * Brings a request to what the webhook declares: its parameters by their output names, and `query`, `headers` and `body` whole, without
 * headers that carry credentials. Values of the query, of headers and of forms are texts and are read as their type.
 * Fails with `invalid_argument` for a body that cannot be read, and with `invalid_inputs` naming every wrong parameter.
 */
export function checkWebhookRequest(config: WebhookConfig, request: WebhookRequest): WebhookCheck {
  const body = bodyOf(config, request.body);
  if (body === undefined) return { failure: failure('invalid_argument', 'The body is not JSON.', { field: 'body' }) };
  const query = textsOf(new URLSearchParams(request.query));
  const places = { query, headers: request.headers, body: isJsonObject(body) ? body : {} };
  const problems: InputProblem[] = [];
  const inputs: Record<string, Json> = {};
  for (const place of ['query', 'headers', 'body'] as const) {
    for (const parameter of config[place]) {
      const name = place === 'headers' ? parameter.name.toLowerCase() : parameter.name;
      const given = Object.hasOwn(places[place], name) ? places[place][name] : undefined;
      const checked = checkParameter(parameter, given);
      if ('value' in checked) inputs[outputName(parameter.name)] = checked.value;
      else problems.push({ field: `${place}.${parameter.name}`, message: `"${parameter.name}" ${checked.problem}.` });
    }
  }
  const [first] = problems;
  if (first)
    return { failure: failure('invalid_inputs', first.message, { field: first.field, details: { problems } }) };
  return { inputs: { ...inputs, query, headers: harmless(request.headers), body } };
}

/** The body as a value, null where there is none; `undefined` when it is not what it should be. */
function bodyOf({ content_type }: WebhookConfig, body: string): Json | undefined {
  if (content_type === 'text/plain') return body;
  if (content_type === 'application/x-www-form-urlencoded') return textsOf(new URLSearchParams(body));
  if (body === '') return null;
  try {
    return JSON.parse(body) as Json;
  } catch {
    return undefined;
  }
}

/** Names that come once hold a text, those that come several times a list. */
function textsOf(fields: URLSearchParams): JsonObject {
  const texts = new Map<string, Json>();
  for (const name of fields.keys()) {
    const values = fields.getAll(name);
    texts.set(name, values.length > 1 ? values : (values[0] ?? ''));
  }
  return Object.fromEntries(texts);
}

function checkParameter(
  { type, required, default: otherwise }: WebhookParameter,
  given: Json | undefined,
): { readonly value: Json } | { readonly problem: string } {
  const isLeftOut = given === undefined || given === null || (given === '' && type !== 'string');
  const value = isLeftOut ? (otherwise ?? undefined) : asType(type, given);
  if (value === undefined) return required ? { problem: 'is required' } : { value: absentValue(type) };
  return fitsType(type, value) ? { value } : { problem: `must be of type ${type}` };
}

/** What an optional parameter is when nobody gave it: tests for emptiness must find something empty, not something missing. */
function absentValue(type: string): Json {
  return type === 'number' || type === 'object' ? null : emptyValue(type);
}

/** Reads a text as its type. What cannot be read stays a text, and then does not fit. */
function asType(type: string, given: Json): Json {
  const element = elementType(type);
  if (element !== undefined && typeof given === 'string') return listFrom(element, given);
  if (element !== undefined && Array.isArray(given)) return given.map((item: Json) => asType(element, item));
  if (typeof given !== 'string' || type === 'string') return given;
  if (type === 'boolean' && /^(?:1|yes|on)$/i.test(given)) return true;
  if (type === 'boolean' && /^(?:0|no|off)$/i.test(given)) return false;
  return parsed(type === 'boolean' ? given.toLowerCase() : given);
}

function listFrom(element: string, given: string): Json {
  const list = given.startsWith('[') ? parsed(given) : given;
  return Array.isArray(list) ? (list as Json) : [asType(element, given)];
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

function harmless(headers: WebhookRequest['headers']): JsonObject {
  const kept = Object.entries(headers).filter(([name]) => !credentialHeader.test(name) && !transportHeader.test(name));
  return Object.fromEntries(kept);
}
