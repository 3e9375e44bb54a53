import { FailureError } from '@treadle/failure';
import { type Read, renderTextTemplate } from '@treadle/workflow';
import type { HttpQuestion } from '../capabilities.js';
import type { HttpRequestConfig } from './http-request.descriptor.js';
import { renderLines } from './lines.js';
import { type BodySource, encodePairs, toBody } from './to-body.js';

/** Longest answer taken in, in bytes, once it is unpacked. */
const maxBytes = 10 * 1024 * 1024;

type Header = readonly [name: string, value: string];

/** Methods that change nothing, so that repeating them needs no key. */
const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/** The request with every value and file filled in. Throws `node_configuration` where it makes no sense, and what reading a file throws. */
export async function toQuestion(
  config: HttpRequestConfig,
  source: BodySource,
  idempotencyKey: string,
): Promise<HttpQuestion> {
  const { read } = source;
  const body = await toBody(config, source);
  let headers: readonly Header[] = renderLines(config.headers, read);
  const authorization = authorizationHeader(config, read);
  for (const header of authorization) headers = [...headers.filter(([name]) => !isSame(name, header[0])), header];
  if (body !== undefined) headers = withDefault(headers, 'Content-Type', body.contentType);
  if (!safeMethods.has(config.method)) headers = withDefault(headers, 'Idempotency-Key', idempotencyKey);
  for (const [name, value] of headers) refuseLineBreaks(name, value);
  return {
    method: config.method,
    url: toUrl(config, read),
    headers,
    ...(body === undefined ? {} : { body: body.content }),
    connectTimeoutSeconds: config.timeout?.connect || 10,
    readTimeoutSeconds: config.timeout?.read || 60,
    maxBytes,
    ...(authorization.length === 0 ? {} : { secretHeaders: authorization.map(([name]) => name) }),
    ...(config.ssl_verify === false ? { verifyCertificate: false } : {}),
  };
}

function toUrl(config: HttpRequestConfig, read: Read): string {
  const url = renderTextTemplate(config.url, read).trim();
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) {
    throw FailureError.of(
      'node_configuration',
      `"${url.slice(0, 200)}" is not an address. Write it with http:// or https://.`,
    );
  }
  const query = encodePairs(renderLines(config.params, read));
  if (query === '') return url;
  const [address = '', ...fragment] = url.split('#');
  const joined = `${address}${address.includes('?') ? '&' : '?'}${query}`;
  return [joined, ...fragment].join('#');
}

function authorizationHeader({ authorization }: HttpRequestConfig, read: Read): readonly Header[] {
  const settings = authorization?.config;
  if (authorization?.type !== 'api-key' || !settings) return [];
  const key = renderTextTemplate(settings.api_key ?? '', read);
  const name = renderTextTemplate(settings.header ?? '', read).trim() || 'Authorization';
  switch (settings.type) {
    case 'bearer':
      return [[name, `Bearer ${key}`]];
    case 'basic':
      return [[name, `Basic ${key.includes(':') ? base64(key) : key}`]];
    case 'custom':
      return [[name, key]];
  }
}

function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

function withDefault(headers: readonly Header[], name: string, value: string): readonly Header[] {
  return headers.some(([given]) => isSame(given, name)) ? headers : [...headers, [name, value]];
}

function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

function refuseLineBreaks(name: string, value: string): void {
  if (!/[\r\n]/.test(name + value)) return;
  throw FailureError.of(
    'node_configuration',
    `Header "${name.replace(/[\r\n]+/g, ' ')}" would hold a line break. Take it out of the value.`,
  );
}
