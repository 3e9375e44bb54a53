import { FailureError } from '@treadle/failure';

/** The address's path and query may hold secrets, so only its host is named. */
export function requestFailure(error: unknown, url: URL): FailureError {
  if (error instanceof FailureError) return error;
  const cause = error instanceof Error ? error : new Error(String(error));
  const code = (cause as NodeJS.ErrnoException).code;
  const reason = code && !cause.message.includes(code) ? `${cause.message} (${code})` : cause.message;
  const retryable = code !== 'UND_ERR_INVALID_ARG';
  return FailureError.of(
    'http_request_failed',
    `The request to ${url.host} failed: ${reason}.`,
    { retryable },
    { cause },
  );
}
