import { FailureError } from '@treadle/failure';
import { isJsonObject, type Json } from '@treadle/workflow';

/** Writes a text so that it can stand in the place it goes to. */
export type Encode = (text: string) => string;

/** Everything but letters, digits and `-._~`, as RFC 3986 has it. */
export const encodeStrictly: Encode = (text) =>
  encodeURIComponent(text).replaceAll(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

/** Keeps what separates the parts of an address, but for what would end the value itself. */
export const encodeKeepingReserved: Encode = (text) =>
  encodeURIComponent(text).replaceAll(/%(3A|2F|3F|40|24|2C|3B)/g, (code) => decodeURIComponent(code));

export const asIs: Encode = (text) => text;

/** A pair of a name and a value, both written already. */
export type Pair = readonly [name: string, value: string];

export type QueryStyle = 'form' | 'spaceDelimited' | 'pipeDelimited' | 'deepObject';

const delimiters = { form: ',', spaceDelimited: '%20', pipeDelimited: '%7C', deepObject: ',' } as const;

/** `null` has no form of its own in addresses and headers, so it counts as absent. */
export function toText(value: Json): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** The styles `simple`, `label` and `matrix`: one text. */
export function serializePath(
  style: 'simple' | 'label' | 'matrix',
  name: string,
  value: Json,
  explode: boolean,
  encode: Encode,
): string {
  if (style === 'matrix') return matrix(encode(name), value, explode, encode);
  const parts = flatParts(value, explode, encode);
  return style === 'label' ? `.${parts.join(explode ? '.' : ',')}` : parts.join(',');
}

function matrix(name: string, value: Json, explode: boolean, encode: Encode): string {
  if (explode && Array.isArray(value)) return value.map((item: Json) => `;${name}=${encode(toText(item))}`).join('');
  if (explode && isJsonObject(value)) return entriesOf(value).map(([key, item]) => `;${encode(key)}=${encode(toText(item))}`).join(''); // biome-ignore format: one thought
  const text = flatParts(value, false, encode).join(',');
  return text === '' ? `;${name}` : `;${name}=${text}`;
}

/** The styles of queries, forms and cookies: pairs. An empty list or object is none. */
export function serializePairs(style: QueryStyle, name: string, value: Json, explode: boolean, encode: Encode): Pair[] {
  if (value === null) return [];
  if (typeof value !== 'object') return [[encode(name), encode(toText(value))]];
  if (style === 'deepObject') return deepPairs(name, value, encode);
  if (explode && Array.isArray(value)) return value.map((item: Json) => [encode(name), encode(toText(item))] as const);
  if (explode && isJsonObject(value)) return entriesOf(value).map(([key, item]) => [encode(key), encode(toText(item))]);
  const parts = flatParts(value, false, encode);
  return parts.length === 0 ? [] : [[encode(name), parts.join(delimiters[style])]];
}

/** `filter[colour][0]=red`: what lies deeper than the specification says is written the way most servers read it. */
function deepPairs(name: string, value: Json, encode: Encode): Pair[] {
  if (value === null) return [];
  if (typeof value !== 'object') return [[encode(name), encode(toText(value))]];
  return Object.entries(value as Readonly<Record<string, Json>>).flatMap(([key, item]) => deepPairs(`${name}[${key}]`, item, encode)); // biome-ignore format: one thought
}

/** `a,b`, or of an object `key,value` and exploded `key=value`. */
function flatParts(value: Json, explode: boolean, encode: Encode): string[] {
  if (Array.isArray(value)) return value.map((item: Json) => encode(toText(item)));
  if (!isJsonObject(value)) return [value === null ? '' : encode(toText(value))];
  return entriesOf(value).flatMap(([key, item]) =>
    explode ? [`${encode(key)}=${encode(toText(item))}`] : [encode(key), encode(toText(item))],
  );
}

const entriesOf = (value: Readonly<Record<string, Json>>) => Object.entries(value).filter(([, item]) => item !== null);

export const badArgument = (argument: string, problem: string) =>
  FailureError.of('tool_arguments_invalid', `The argument "${argument}" ${problem}.`, { field: argument });
