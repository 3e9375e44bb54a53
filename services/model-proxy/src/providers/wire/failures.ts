import { type Failure, type FailureCode, FailureError, failure } from '@treadle/failure';
import { z } from 'zod';
import type { ServerOptions } from './server-options.js';

type Names = Pick<ServerOptions, 'name' | 'apiKey'>;

const longestMessage = 500;
/** Of the text that came before a failure, what is kept in its details: they must fit into a gRPC trailer. */
const longestReceived = 4_000;

/** Error bodies as servers write them: OpenAI's object, a bare string, or `message` and `detail` at the top. */
const errorSchema = z.object({
  error: z
    .union([
      z.string(),
      z.object({
        message: z.string().optional(),
        type: z.string().nullish(),
        code: z.union([z.string(), z.number()]).nullish(),
      }),
    ])
    .optional(),
  message: z.string().optional(),
  detail: z.string().optional(),
});

/** What an error answer or event says. */
export interface ProviderError {
  readonly message: string;
  /** The vendor's own; empty for none. */
  readonly code: string;
  /** Where the vendor says it in the body instead of a header. */
  readonly retryAfterSeconds?: number;
}

/** Reads the body of an error answer, which may be anything. */
export type ReadError = (body: string) => ProviderError;

/** What an error answer means for the run, with the provider's own words. */
export function failureFromResponse(
  names: Names,
  status: number,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  error: ProviderError,
): Failure {
  const said = trim(names, error.message);
  const code = codeOf(status, error);
  const retryAfterSeconds = retryAfter(headers) ?? error.retryAfterSeconds;
  return failure(code, sentence(names, code, status, said), {
    // A used-up quota is reported like a rate limit, but waiting does not help.
    ...(error.code === 'insufficient_quota' && { retryable: false }),
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    details: { provider: names.name, status, ...(error.code && { providerCode: error.code }) },
  });
}

function codeOf(status: number, error: ProviderError): FailureCode {
  switch (status) {
    case 401:
    case 403:
      return 'provider_unauthenticated';
    case 404:
      return error.code === 'model_not_found' || /model/i.test(error.message) ? 'model_not_found' : 'provider_rejected';
    case 429:
      return 'provider_rate_limited';
    case 408:
    case 502:
    case 503:
    case 504:
    case 529:
      return 'provider_unavailable';
    default:
      return status >= 400 && status < 500 ? 'provider_rejected' : 'provider_error';
  }
}

function sentence({ name, apiKey }: Names, code: FailureCode, status: number, said: string): string {
  const words = said ? `: ${said}` : '.';
  switch (code) {
    case 'provider_unauthenticated':
      return apiKey
        ? `The provider "${name}" refused the API key (${status})${words}`
        : `The provider "${name}" wants an API key and none is set (${status})${words}`;
    case 'model_not_found':
      return `The provider "${name}" does not have this model (${status})${words}`;
    case 'provider_rate_limited':
      return `The provider "${name}" limits the rate of requests (${status})${words}`;
    case 'provider_rejected':
      return `The provider "${name}" refused the request (${status})${words}`;
    default:
      return `The provider "${name}" failed (${status})${words}`;
  }
}

/** Reads the bodies that most servers write. */
export function readError(body: string): ProviderError {
  const parsed = errorSchema.safeParse(parseJson(body));
  // A page of a proxy in front of the provider: its title says more than its markup.
  if (!parsed.success) return { message: /<title>([^<]*)<\/title>/i.exec(body)?.[1] ?? plainText(body), code: '' };
  const { error, message, detail } = parsed.data;
  if (typeof error === 'string') return { message: error, code: '' };
  return { message: error?.message ?? message ?? detail ?? '', code: String(error?.code ?? error?.type ?? '') };
}

function plainText(body: string): string {
  return body.trimStart().startsWith('<') ? '' : body;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Shortens what a provider said and takes every key out of it. */
function trim({ apiKey }: Names, message: string): string {
  const withoutKey = apiKey ? message.replaceAll(apiKey, '***') : message;
  return withoutKey
    .replaceAll(/\b(?:sk|pk|gsk|xai)-[\w*.-]{4,}/g, '***')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .slice(0, longestMessage);
}

function retryAfter(headers: Readonly<Record<string, string | string[] | undefined>>): number | undefined {
  const value = headers['retry-after'];
  if (typeof value !== 'string' || value === '') return undefined;
  const seconds = Number.isNaN(Number(value)) ? (Date.parse(value) - Date.now()) / 1_000 : Number(value);
  return Number.isFinite(seconds) ? Math.max(0, seconds) : undefined;
}

/** An error that came as an event of a stream that had begun well; `status` is the one it would have had as an answer. */
export function failureFromEvent(names: Names, error: ProviderError, receivedText: string, status?: number): Failure {
  const code = status === undefined ? 'provider_error' : codeOf(status, error);
  const message = `The provider "${names.name}" broke off its answer: ${trim(names, error.message)}`;
  const details = { provider: names.name, ...receivedDetails(receivedText) };
  return failure(code, message, { details });
}

/** The text so far, shortened, and how long it really was. */
export function receivedDetails(text: string): { readonly receivedCharacters: number; readonly receivedText: string } {
  return { receivedCharacters: text.length, receivedText: text.slice(0, longestReceived) };
}

/** The server could not be reached, may not be, or did not begin to answer in time. */
export function unreachable({ name }: Names, error: unknown, options: ServerOptions): FailureError {
  if (error instanceof FailureError && error.failure.code === 'address_blocked') return notAllowed(name, error);
  const { origin } = new URL(options.baseUrl);
  const message = `The provider "${name}" at ${origin} cannot be reached: ${reason(error, options)}.`;
  const details = { provider: name, ...(neverReached(error) && { reached: false }) };
  return FailureError.of('provider_unavailable', message, { details }, { cause: error });
}

function notAllowed(name: string, error: FailureError): FailureError {
  const message = `The provider "${name}" is not asked: ${error.message}`;
  return FailureError.of('address_blocked', message, { details: { provider: name, reached: false } }, { cause: error });
}

/** Whether the request certainly did not arrive, and so cost nothing. */
function neverReached(error: unknown): boolean {
  const code = (error as { code?: unknown } | undefined)?.code;
  return ['EAI_AGAIN', 'ECONNREFUSED', 'EHOSTUNREACH', 'ENOTFOUND', 'UND_ERR_CONNECT_TIMEOUT'].includes(String(code));
}

/** The stream ended before the answer did. What came so far is no answer. */
export function streamCut({ name }: Names, receivedText: string, error: unknown, options: ServerOptions): FailureError {
  const why = error === undefined ? 'it ended without saying why' : reason(error, options);
  const message = `The answer of the provider "${name}" broke off after ${receivedText.length} characters: ${why}.`;
  return FailureError.of(
    'provider_stream_cut',
    message,
    { details: { provider: name, ...receivedDetails(receivedText) } },
    { cause: error },
  );
}

/** The server answered 200 with something that is no answer. */
export function notUnderstood({ name }: Names, what: string): FailureError {
  const message = `The provider "${name}" ${what}. Check its base address and its kind.`;
  return FailureError.of('provider_error', message, { retryable: false, details: { provider: name } });
}

function reason(error: unknown, { connectTimeoutMs, silenceTimeoutMs }: ServerOptions): string {
  const code = (error as { code?: unknown } | undefined)?.code;
  switch (code) {
    case 'UND_ERR_CONNECT_TIMEOUT':
      return `no connection within ${connectTimeoutMs / 1_000} s`;
    case 'UND_ERR_HEADERS_TIMEOUT':
    case 'UND_ERR_BODY_TIMEOUT':
      return `it was silent for ${silenceTimeoutMs / 1_000} s`;
    case 'ECONNREFUSED':
      return 'the connection was refused';
    case 'ECONNRESET':
    case 'UND_ERR_SOCKET':
      return 'the connection was reset';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'its name could not be resolved';
    default:
      return error instanceof Error && error.message ? error.message : 'the connection failed';
  }
}
