import { FailureError } from '@treadle/failure';

/** Codes of Node's network errors. */
const networkCodes = new Set([
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
]);

/**
 * SQLSTATEs of a server that is away, overloaded or changing over: connection exceptions (08), lack of resources (53),
 * shutdown and start (57P0x), a statement or lock that took too long (57014, 55P03), a transaction cut for idling (25P03),
 * a primary that became a replica (25006).
 */
const awayStates = /^(08...|53...|57P0.|57014|55P03|25P03|25006)$/;

/** What pg and its pool say without a code. */
const awayMessages = [
  'Connection terminated',
  'timeout exceeded when trying to connect',
  'is not queryable',
  'Query read timeout',
  'Cannot use a pool after calling end on the pool',
];

/** Turns an error that means "the database is away" into a FailureError `unavailable`, and returns every other as it is. */
export function asUnavailable(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof FailureError || !isAway(error)) return error;
  return FailureError.of(
    'unavailable',
    'The database does not answer. The same request may succeed in a moment.',
    { retryAfterSeconds: 1 },
    { cause: error },
  );
}

/**
 * Runs something that uses the database; see `asUnavailable` for what happens to its errors. A value that PostgreSQL cannot take becomes
 * `invalid_argument`: it came with a request, and only the request can be mended.
 */
export async function withDatabase<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asUnavailable(asInvalid(error));
  }
}

/** SQLSTATEs of values: text that is no uuid, number or time (22P02, 22007, 22008), out of range (22003), NUL bytes (22021, 22P05). */
const valueStates = /^22(?:003|007|008|021|P02|P05)$/;

function asInvalid(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof FailureError) return error;
  const { code } = error as { readonly code?: unknown };
  if (typeof code !== 'string' || !valueStates.test(code)) return error;
  const message =
    'A value in the request cannot be looked up or kept: an id or cursor that is none, a number out of range, or a NUL byte. Correct it.';
  return FailureError.of('invalid_argument', message, {}, { cause: error });
}

function isAway(error: Error & { readonly code?: unknown; readonly syscall?: unknown }): boolean {
  const code = typeof error.code === 'string' ? error.code : '';
  // A missing socket file means no server; a missing file of any other kind means something else.
  if (code === 'ENOENT') return error.syscall === 'connect';
  return networkCodes.has(code) || awayStates.test(code) || awayMessages.some((part) => error.message.includes(part));
}
