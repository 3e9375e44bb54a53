import type { Json, JsonObject } from '@treadle/workflow';
import { type EncodedBody, encodeBody } from './encode-body.js';
import type { BodyPlan, OperationPlan, ParameterPlan } from './operation-plan.js';
import {
  asIs,
  badArgument,
  type Encode,
  encodeKeepingReserved,
  encodeStrictly,
  type QueryStyle,
  serializePairs,
  serializePath,
} from './serialize.js';

export interface OperationRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body?: string | Uint8Array;
}

const accepted = 'application/json, text/*;q=0.9, */*;q=0.8';

/**
 * Writes the request of a call, exactly as the operation's document asks; the credential comes later.
 * @throws FailureError `tool_arguments_invalid` for a value that cannot stand where it goes.
 */
export function buildRequest(plan: OperationPlan, args: JsonObject, idempotencyKey: string): OperationRequest {
  const bodyValue = plan.body && bodyOf(plan.body, args);
  const body = plan.body && bodyValue !== undefined ? encodeBody(plan.body, bodyValue) : undefined;
  const query = given(plan, 'query', args).flatMap(([parameter, value]) => queryPairs(parameter, value));
  const search = query.map((pair) => pair.join('=')).join('&');
  const path = filledPath(plan, args);
  return {
    method: plan.method,
    url: `${plan.server}${path}${search && `?${search}`}`,
    headers: headersOf(plan, args, body, idempotencyKey),
    ...(body && { body: body.body }),
  };
}

/** Put together from its properties, where they are arguments of their own. */
function bodyOf({ argument, properties, required }: BodyPlan, args: JsonObject): Json | undefined {
  if (properties === undefined) return args[argument];
  const given = Object.entries(properties).flatMap(([name, own]): [string, Json][] => {
    const value = args[own];
    return value === undefined ? [] : [[name, value]];
  });
  return given.length > 0 || required ? Object.fromEntries(given) : undefined;
}

function headersOf(plan: OperationPlan, args: JsonObject, body: EncodedBody | undefined, idempotencyKey: string) {
  const headers: [string, string][] = [
    ['accept', accepted],
    ['user-agent', 'treadle'],
  ];
  if (body) headers.push(['content-type', body.contentType]);
  if (idempotencyKey !== '' && !['GET', 'HEAD', 'OPTIONS'].includes(plan.method)) headers.push(['idempotency-key', idempotencyKey]); // biome-ignore format: one thought
  for (const [parameter, value] of given(plan, 'header', args)) headers.push([parameter.name, headerValue(parameter, value)]); // biome-ignore format: one thought
  const cookies = given(plan, 'cookie', args).flatMap(([parameter, value]) =>
    pairsOf(parameter, value, encodeStrictly),
  );
  if (cookies.length > 0) headers.push(['cookie', cookies.map((pair) => pair.join('=')).join('; ')]);
  return headers;
}

/** The parameters of one place that have a value. */
function given(plan: OperationPlan, place: ParameterPlan['in'], args: JsonObject): [ParameterPlan, Json][] {
  return plan.parameters.flatMap((parameter): [ParameterPlan, Json][] => {
    const value = args[parameter.argument];
    return parameter.in !== place || value === undefined || value === null ? [] : [[parameter, value]];
  });
}

function headerValue({ name, argument, explode, asJson }: ParameterPlan, value: Json): string {
  const text = asJson ? JSON.stringify(value) : serializePath('simple', name, value, explode, asIs);
  if (/^[\t\x20-\x7e\x80-\xff]*$/.test(text)) return text;
  throw badArgument(argument, 'holds characters that a header cannot hold, such as line breaks');
}

const queryPairs = (parameter: ParameterPlan, value: Json) =>
  pairsOf(parameter, value, parameter.allowReserved ? encodeKeepingReserved : encodeStrictly);

function pairsOf({ name, style, explode, asJson }: ParameterPlan, value: Json, encode: Encode) {
  if (asJson) return [[encode(name), encode(JSON.stringify(value))] as const];
  return serializePairs(style as QueryStyle, name, value, explode, encode);
}

/** Fills the placeholders in; no value can lead to another path than the operation's. */
function filledPath(plan: OperationPlan, args: JsonObject): string {
  const template = plan.path.replaceAll('?', '%3F').replaceAll('#', '%23');
  const path = template.replaceAll(/\{([^{}]+)\}/g, (_whole, name: string) => pathValue(plan, name, args));
  if (!path.split('/').some((segment) => /^(\.|%2e){1,2}$/i.test(segment))) return path;
  throw badArgument(
    plan.parameters.find((parameter) => parameter.in === 'path')?.argument ?? '',
    'cannot be "." or ".."',
  );
}

function pathValue(plan: OperationPlan, name: string, args: JsonObject): string {
  const parameter = plan.parameters.find((candidate) => candidate.in === 'path' && candidate.name === name);
  const value = parameter && args[parameter.argument];
  const empty = value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);
  if (parameter === undefined || empty) throw badArgument(parameter?.argument ?? name, 'is a part of the address and must not be empty'); // biome-ignore format: one thought
  if (parameter.asJson) return encodeStrictly(JSON.stringify(value));
  return serializePath(
    parameter.style as 'simple' | 'label' | 'matrix',
    name,
    value,
    parameter.explode,
    encodeStrictly,
  );
}
