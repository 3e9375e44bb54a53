import { isJsonObject, type Json, type JsonObject } from '@treadle/workflow';
import { type InlineOptions, inlineSchema } from '../schema/inline-schema.js';
import { isBinary } from '../schema/openapi-30-schema.js';
import { textOf } from '../schema/text-of.js';
import { type ToolArguments, withDescription } from './arguments.js';
import type { BodyPlan, FieldPlan } from './operation-plan.js';

type Kind = BodyPlan['kind'];

/** Kinds of bodies, the one a model writes best first. */
const preference: readonly Kind[] = ['json', 'multipart', 'urlencoded', 'text', 'binary'];
const fieldStyles = ['form', 'spaceDelimited', 'pipeDelimited', 'deepObject'] as const;

/**
 * Turns an operation's body into arguments; `undefined` where it has none. The properties of a plain object become arguments of their own,
 * which models write most reliably; any other body is the argument `body`. Of several media types one is chosen.
 */
export function readBody(
  requestBody: Json | undefined,
  args: ToolArguments,
  options: InlineOptions,
): BodyPlan | undefined {
  if (requestBody === undefined) return undefined;
  const body = options.references.follow(requestBody).value;
  const content = isJsonObject(body) && isJsonObject(body.content) ? Object.entries(body.content) : [];
  const [chosen] = content
    .map(([mediaType, media]) => ({ mediaType, media: isJsonObject(media) ? media : {}, kind: kindOf(mediaType) }))
    .sort((one, other) => preference.indexOf(one.kind) - preference.indexOf(other.kind));
  if (!isJsonObject(body) || chosen === undefined) return undefined;
  const { kind, media } = chosen;
  const schema = argumentSchema(kind, chosen.mediaType, media, options);
  const required = body.required === true;
  const spread = isPlainObject(schema) ? spreadOut(schema, required, args) : undefined;
  return {
    argument: spread ? 'body' : args.add('body', 'request', withDescription(schema, body.description), required),
    ...(spread && { properties: spread }),
    required,
    mediaType: chosen.mediaType.includes('*') ? defaults[kind] : chosen.mediaType,
    kind,
    fields: kind === 'multipart' || kind === 'urlencoded' ? readFields(media, options) : {},
  };
}

/** What a plain object's schema may say beside its properties without losing its meaning when they stand alone. */
const sayable = new Set([
  'additionalProperties',
  'default',
  'description',
  'examples',
  'properties',
  'required',
  'title',
  'type',
]);

function isPlainObject(schema: JsonObject): boolean {
  if (!isJsonObject(schema.properties) || Object.keys(schema.properties).length === 0) return false;
  return !isJsonObject(schema.additionalProperties) && Object.keys(schema).every((keyword) => sayable.has(keyword));
}

function spreadOut(schema: JsonObject, bodyRequired: boolean, args: ToolArguments): Record<string, string> {
  const required = bodyRequired && Array.isArray(schema.required) ? (schema.required as readonly Json[]) : [];
  const added = Object.entries(schema.properties as JsonObject).map(([name, property]) => {
    const form = isJsonObject(property) ? property : {};
    return [name, args.add(name, 'body', form, required.includes(name))] as const;
  });
  return Object.fromEntries(added);
}

const defaults: Readonly<Record<Kind, string>> = {
  binary: 'application/octet-stream',
  json: 'application/json',
  multipart: 'multipart/form-data',
  text: 'text/plain',
  urlencoded: 'application/x-www-form-urlencoded',
};

function kindOf(written: string): Kind {
  const mediaType = (written.split(';')[0] ?? '').trim().toLowerCase();
  if (mediaType === '*/*' || mediaType === 'application/*' || /[/+]json$/.test(mediaType)) return 'json';
  if (mediaType === defaults.urlencoded) return 'urlencoded';
  if (mediaType === defaults.multipart) return 'multipart';
  if (mediaType.startsWith('text/') || /[/+](xml|yaml|x-yaml|graphql|javascript|x-ndjson)$/.test(mediaType))
    return 'text';
  return 'binary';
}

function argumentSchema(kind: Kind, mediaType: string, media: JsonObject, options: InlineOptions): JsonObject {
  if (kind === 'text') return { type: 'string', description: `The whole body, as ${mediaType}.` };
  if (kind === 'binary') return { type: 'string', contentEncoding: 'base64', description: `The whole body, ${mediaType}, in base64.` }; // biome-ignore format: one thought
  const schema = inlineSchema(media.schema, options);
  if (kind === 'json') return schema;
  const properties = isJsonObject(schema.properties) ? schema.properties : undefined;
  if (properties === undefined) return { type: 'object', ...schema };
  const binary = binaryNames(media, options);
  const written = Object.entries(properties).map(([name, property]) => [name, binary.has(name) ? asBase64(property) : property]); // biome-ignore format: one thought
  return { ...schema, type: 'object', properties: Object.fromEntries(written) as JsonObject };
}

function asBase64(property: Json): JsonObject {
  const { format: _format, contentMediaType: _type, ...rest } = isJsonObject(property) ? property : {};
  const encoded = { contentEncoding: 'base64', description: `${textOf(rest.description)} The file's bytes in base64.`.trim() }; // biome-ignore format: one thought
  if (rest.type === 'array') return { ...rest, items: { type: 'string', contentEncoding: 'base64' }, description: encoded.description }; // biome-ignore format: one thought
  return { ...rest, type: 'string', ...encoded };
}

function readFields(media: JsonObject, options: InlineOptions): Record<string, FieldPlan> {
  const encodings = isJsonObject(media.encoding) ? media.encoding : {};
  const binary = binaryNames(media, options);
  const names = new Set([...Object.keys(encodings), ...binary]);
  return Object.fromEntries([...names].map((name) => [name, readField(encodings[name], binary.has(name))]));
}

/** A style counts where it was written; otherwise the media type decides. */
function readField(written: Json | undefined, binary: boolean): FieldPlan {
  const encoding = isJsonObject(written) ? written : {};
  const hasStyle = encoding.style !== undefined || encoding.explode !== undefined;
  const style = fieldStyles.find((known) => known === (encoding.style ?? 'form')) ?? 'form';
  return {
    ...(hasStyle && { style }),
    explode: typeof encoding.explode === 'boolean' ? encoding.explode : style === 'form',
    ...(typeof encoding.contentType === 'string' && { contentType: encoding.contentType.split(',')[0]?.trim() ?? '' }),
    binary,
  };
}

/** Fields that are bytes, or lists of bytes. */
function binaryNames(media: JsonObject, { references }: InlineOptions): Set<string> {
  const schema = references.follow(media.schema ?? {}).value;
  const properties = isJsonObject(schema) && isJsonObject(schema.properties) ? schema.properties : {};
  const bytes = Object.entries(properties).filter(([, property]) => {
    const { value } = references.follow(property);
    const items = isJsonObject(value) && value.type === 'array' ? references.follow(value.items ?? {}).value : value;
    return isBinary(items);
  });
  return new Set(bytes.map(([name]) => name));
}
