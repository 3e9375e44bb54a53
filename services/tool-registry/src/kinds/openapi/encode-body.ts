import { randomUUID } from 'node:crypto';
import { isJsonObject, type Json, type JsonObject } from '@treadle/workflow';
import type { BodyPlan, FieldPlan } from './operation-plan.js';
import { badArgument, encodeStrictly, type Pair, serializePairs, toText } from './serialize.js';

export interface EncodedBody {
  readonly contentType: string;
  readonly body: string | Uint8Array;
}

const plainField: FieldPlan = { explode: true, binary: false };

/** Writes the argument of a body as its media type asks. @throws FailureError `tool_arguments_invalid`. */
export function encodeBody(plan: BodyPlan, value: Json): EncodedBody {
  switch (plan.kind) {
    case 'json':
      return { contentType: plan.mediaType, body: JSON.stringify(value) };
    case 'text':
      return { contentType: plan.mediaType, body: toText(value) };
    case 'binary':
      return { contentType: plan.mediaType, body: fromBase64(plan.argument, value) };
    case 'urlencoded':
      return { contentType: plan.mediaType, body: urlencoded(plan, asObject(plan, value)) };
    case 'multipart':
      return multipart(plan, asObject(plan, value));
  }
}

function asObject(plan: BodyPlan, value: Json): JsonObject {
  if (isJsonObject(value)) return value;
  throw badArgument(plan.argument, 'must be an object with the fields of the form');
}

function urlencoded(plan: BodyPlan, value: JsonObject): string {
  const encode = (text: string) => encodeStrictly(text).replaceAll('%20', '+');
  const pairs = Object.entries(value).flatMap(([name, item]): Pair[] => {
    const { style, explode } = plan.fields[name] ?? plainField;
    if (style !== undefined) return serializePairs(style, name, item, explode, encode);
    return itemsOf(item).map((one) => [encode(name), encode(toText(one))] as const);
  });
  return pairs.map((pair) => pair.join('=')).join('&');
}

function multipart(plan: BodyPlan, value: JsonObject): EncodedBody {
  const boundary = `treadle-${randomUUID()}`;
  const parts = Object.entries(value).flatMap(([name, item]) => {
    const field = plan.fields[name] ?? plainField;
    return itemsOf(item).map((one) => part(boundary, name, one, field));
  });
  const body = Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)]);
  return { contentType: `multipart/form-data; boundary=${boundary}`, body };
}

/** Lists are sent item by item; `null` is absent. */
function itemsOf(value: Json): readonly Json[] {
  if (Array.isArray(value)) return value as readonly Json[];
  return value === null ? [] : [value];
}

function part(boundary: string, name: string, value: Json, field: FieldPlan): Buffer {
  const content = field.binary ? Buffer.from(fromBase64(name, value)) : Buffer.from(toText(value));
  const usual = field.binary ? 'application/octet-stream' : typeof value === 'object' ? 'application/json' : undefined;
  const contentType = oneLine(field.contentType ?? usual ?? '');
  const head = [
    `--${boundary}`,
    `content-disposition: form-data; name="${quoted(name)}"${field.binary ? `; filename="${quoted(name)}"` : ''}`,
    ...(contentType === '' ? [] : [`content-type: ${contentType}`]),
  ];
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), content, Buffer.from('\r\n')]);
}

/** As browsers write names into forms. */
const quoted = (name: string) => name.replaceAll('\r', '%0D').replaceAll('\n', '%0A').replaceAll('"', '%22');

const oneLine = (text: string) => text.replaceAll(/[\r\n]/g, ' ');

function fromBase64(argument: string, value: Json): Uint8Array {
  const text = typeof value === 'string' ? value.replaceAll(/\s/g, '') : undefined;
  if (text === undefined || !/^[A-Za-z0-9+/_-]*={0,2}$/.test(text)) {
    throw badArgument(argument, 'must be the bytes to send, written in base64');
  }
  return Buffer.from(text, 'base64');
}
