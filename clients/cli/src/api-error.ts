import { CliError } from './cli-error.js';
import { exitCodes } from './exit-codes.js';

/** The body of an answer that is not 2xx; what another server sent instead may lack any of it. */
export interface ErrorBody {
  readonly code?: string;
  readonly message?: string;
  readonly status?: number;
  readonly field?: string;
  readonly request_id?: string;
  readonly hint?: string;
  readonly errors?: readonly ErrorDetail[];
  /** What the OpenAI-compatible API says instead of all this. */
  readonly error?: { readonly message?: string; readonly code?: string; readonly param?: string | null };
}

/** One of several things wrong with a request. */
export interface ErrorDetail {
  readonly code?: string;
  readonly message?: string;
  readonly node?: string;
  readonly field?: string;
}

/** The server answered, and the answer was no. */
export class ApiError extends CliError {
  override readonly name = 'ApiError';

  constructor(
    readonly status: number,
    readonly body: ErrorBody,
    keyGiven: boolean,
  ) {
    super(describe(status, body, keyGiven), status >= 500 ? exitCodes.unreachable : exitCodes.refused);
  }
}

/** Nobody answered, or the answer broke off. */
export class UnreachableError extends CliError {
  override readonly name = 'UnreachableError';

  constructor(url: string, cause: unknown) {
    super(
      `Treadle does not answer at ${url} (${reasonOf(cause)}). Start it with \`npm start\`, or name another address with --url or TREADLE_URL.`,
      exitCodes.unreachable,
      { cause },
    );
  }
}

function describe(status: number, answer: ErrorBody, keyGiven: boolean): string {
  const { message, code, param } = answer.error ?? {};
  const body = answer.error ? { message, code, field: param ?? undefined } : answer;
  return describeBody(status, body, keyGiven);
}

function describeBody(status: number, body: ErrorBody, keyGiven: boolean): string {
  const field = body.field ? ` (field ${body.field})` : '';
  const lines = [`${body.message ?? 'The server gave no reason.'} [${body.code ?? 'http'} ${status}]${field}`];
  // The first of several is often the message itself.
  for (const detail of body.errors ?? []) if (detail.message !== body.message) lines.push(`  - ${detailLine(detail)}`);
  if (body.hint) lines.push(body.hint);
  if (status === 401) lines.push(keyHint(keyGiven));
  if (status >= 500 && body.request_id) lines.push(`The server's log knows it as request ${body.request_id}.`);
  return lines.join('\n');
}

function detailLine({ message, node, field }: ErrorDetail): string {
  const place = [node, field].filter(Boolean).join(' ');
  return place ? `${place}: ${message}` : String(message);
}

function keyHint(given: boolean): string {
  return given
    ? 'Check the key in --api-key or TREADLE_API_KEY.'
    : 'Give the API key with --api-key or TREADLE_API_KEY. Treadle printed the first key once, when it started for the first time.';
}

/** fetch hides what happened in the cause of its error. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  if (cause instanceof Error) return 'code' in cause ? String(cause.code) : cause.message;
  return String(cause);
}
