import { FailureError } from '@treadle/failure';
import {
  type Json,
  parseTextTemplate,
  type Read,
  renderTextTemplate,
  selectorsOf,
  valueAsText,
} from '@treadle/workflow';
import type { Capabilities } from '../capabilities.js';
import { isChosen } from '../fields.js';
import { type FileValue, filesOf } from '../files/file.js';
import { readContent } from '../files/read-content.js';
import type { HttpField, HttpRequestConfig } from './http-request.descriptor.js';
import { renderLines } from './lines.js';
import { type FormPart, multipart } from './multipart.js';

export interface HttpBody {
  readonly content: string | Uint8Array;
  readonly contentType: string;
}

/** The largest file that is sent, in bytes. */
const maxFileBytes = 50 * 1024 * 1024;

/** What a body is made from. */
export interface BodySource {
  readonly read: Read;
  readonly capabilities: Pick<Capabilities, 'files' | 'http'>;
}

/** The body with its values and files filled in, or none. Throws `node_configuration` where it cannot be built, and what reading a file throws. */
export async function toBody({ body }: HttpRequestConfig, source: BodySource): Promise<HttpBody | undefined> {
  const { read } = source;
  switch (body?.type) {
    case undefined:
    case 'none':
      return undefined;
    case 'raw-text':
      return { content: renderTextTemplate(textOf(body.data), read), contentType: 'text/plain' };
    case 'json':
      return { content: jsonText(textOf(body.data), read), contentType: 'application/json' };
    case 'x-www-form-urlencoded':
      return { content: encodePairs(pairsOf(body.data, read)), contentType: 'application/x-www-form-urlencoded' };
    case 'form-data':
      return multipart(await partsOf(body.data, source));
    case 'binary':
      return binaryBody(body.data, source);
  }
}

/** Pairs as a query or a form has them. */
export function encodePairs(pairs: readonly (readonly [string, string])[]): string {
  return pairs.map(([name, value]) => `${encoded(name)}=${encoded(value)}`).join('&');
}

/** Half a character, as cut-off texts end with, becomes the sign for one that is lost. */
const encoded = (text: string) => encodeURIComponent(text.toWellFormed());

type BodyData = NonNullable<HttpRequestConfig['body']>['data'];

function textOf(data: BodyData): string {
  return typeof data === 'string' ? data : (data?.[0]?.value ?? '');
}

function pairsOf(data: BodyData, read: Read): readonly (readonly [string, string])[] {
  if (typeof data === 'string') return renderLines(data, read);
  return (data ?? []).map(({ key, type, value }) => {
    if (type !== 'file') return [renderTextTemplate(key, read), renderTextTemplate(value, read)] as const;
    throw FailureError.of('node_configuration', `Field "${key}" is a file. Choose the body form-data to send it.`);
  });
}

async function partsOf(data: BodyData, source: BodySource): Promise<FormPart[]> {
  if (typeof data === 'string') return renderLines(data, source.read).map(([name, content]) => ({ name, content }));
  const parts: FormPart[] = [];
  for (const field of data ?? []) {
    const name = renderTextTemplate(field.key, source.read);
    if (field.type === 'text') parts.push({ name, content: renderTextTemplate(field.value, source.read) });
    else for (const file of filesOfField(field, source.read)) parts.push(await filePart(name, file, source));
  }
  return parts;
}

async function filePart(name: string, file: FileValue, { capabilities }: BodySource): Promise<FormPart> {
  const { bytes, mediaType } = await readContent(file, maxFileBytes, capabilities);
  return { name, content: bytes, fileName: file.name, contentType: mediaType || 'application/octet-stream' };
}

async function binaryBody(data: BodyData, { read, capabilities }: BodySource): Promise<HttpBody | undefined> {
  const field = typeof data === 'string' ? { key: '', type: 'file' as const, value: data } : data?.[0];
  const [file, ...others] = field ? filesOfField(field, read) : [];
  if (file === undefined || others.length > 0) {
    throw FailureError.of('node_configuration', 'A binary body is one file. Choose a variable that holds one.');
  }
  const { bytes, mediaType } = await readContent(file, maxFileBytes, capabilities);
  return { content: bytes, contentType: mediaType || 'application/octet-stream' };
}

/** The files a field names, by a selector or, as older files have it, by a reference in its text. */
function filesOfField({ file, value }: HttpField, read: Read): FileValue[] {
  const selector = file && isChosen(file) ? file : selectorsOf(value)[0];
  return selector === undefined ? [] : filesOf(read(selector));
}

/** Fills values into JSON text so that it stays JSON: inside a string they are escaped, elsewhere they are JSON themselves. */
function jsonText(template: string, read: Read): string {
  let insideString = false;
  let text = '';
  for (const segment of parseTextTemplate(template)) {
    if ('literal' in segment) {
      insideString = endsInsideString(segment.literal, insideString);
      text += segment.literal;
    } else {
      const value = read(segment.selector) ?? null;
      text += insideString ? JSON.stringify(valueAsText(value)).slice(1, -1) : jsonValue(value);
    }
  }
  if (text.trim() !== '' && !isJson(text)) {
    throw FailureError.of(
      'node_configuration',
      'The body is not JSON once its values are filled in. Check its quotes and commas.',
    );
  }
  return text;
}

function endsInsideString(literal: string, before: boolean): boolean {
  let inside = before;
  for (let at = 0; at < literal.length; at++) {
    if (literal[at] === '\\' && inside) at++;
    else if (literal[at] === '"') inside = !inside;
  }
  return inside;
}

/** A text that is itself an object or a list, as models like to write them, goes in as such. */
function jsonValue(value: Json): string {
  return typeof value === 'string' && /^\s*[{[]/.test(value) && isJson(value) ? value : JSON.stringify(value);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
