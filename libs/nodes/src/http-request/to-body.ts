import { FailureError } from '@treadle/failure';
import { type Json, parseTextTemplate, type Read, renderTextTemplate, valueAsText } from '@treadle/workflow';
import type { HttpRequestConfig } from './http-request.descriptor.js';
import { renderLines } from './lines.js';

export interface HttpBody {
  readonly text: string;
  readonly contentType: string;
}

/** The body with its values filled in, or none. Throws `node_configuration` where it cannot be built. */
export function toBody({ body }: HttpRequestConfig, read: Read): HttpBody | undefined {
  switch (body?.type) {
    case undefined:
    case 'none':
      return undefined;
    case 'raw-text':
      return { text: renderTextTemplate(textOf(body.data), read), contentType: 'text/plain' };
    case 'json':
      return { text: jsonText(textOf(body.data), read), contentType: 'application/json' };
    case 'x-www-form-urlencoded':
      return { text: encodePairs(fieldsOf(body.data, read)), contentType: 'application/x-www-form-urlencoded' };
    case 'form-data':
      return multipart(fieldsOf(body.data, read));
    case 'binary':
      throw FailureError.of(
        'node_configuration',
        'The http-request node cannot send files yet. Choose another kind of body.',
      );
  }
}

/** Pairs as a query or a form has them. */
export function encodePairs(pairs: readonly (readonly [string, string])[]): string {
  return pairs.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&');
}

type BodyData = NonNullable<HttpRequestConfig['body']>['data'];

function textOf(data: BodyData): string {
  return typeof data === 'string' ? data : (data?.[0]?.value ?? '');
}

function fieldsOf(data: BodyData, read: Read): readonly (readonly [string, string])[] {
  if (typeof data === 'string') return renderLines(data, read);
  return (data ?? []).map(({ key, type, value }) => {
    if (type === 'file')
      throw FailureError.of('node_configuration', `The http-request node cannot send the file of field "${key}" yet.`);
    return [renderTextTemplate(key, read), renderTextTemplate(value, read)] as const;
  });
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

function multipart(fields: readonly (readonly [string, string])[]): HttpBody {
  let boundary = 'treadle-form-boundary';
  while (fields.some(([, value]) => value.includes(boundary))) boundary += '-';
  const parts = fields.map(([name, value]) => {
    const quoted = name.replace(/["\r\n]/g, encodeURIComponent);
    return `--${boundary}\r\nContent-Disposition: form-data; name="${quoted}"\r\n\r\n${value}\r\n`;
  });
  return { text: `${parts.join('')}--${boundary}--\r\n`, contentType: `multipart/form-data; boundary=${boundary}` };
}
