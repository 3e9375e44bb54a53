import { FailureError } from '@treadle/failure';

/** Codes of certificates that cannot be checked. */
const certificateCodes = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ALTNAME/;

function certificateAdvice(code = ''): string {
  if (!certificateCodes.test(code)) return '';
  return ' Give the server a certificate that can be checked, or have the operator set TREADLE_HTTP_ALLOW_UNVERIFIED and switch the check off.';
}

/** The address's path and query may hold secrets, so only its host is named. */
export function requestFailure(error: unknown, url: URL): FailureError {
  if (error instanceof FailureError) return error;
  const cause = error instanceof Error ? error : new Error(String(error));
  const code = (cause as NodeJS.ErrnoException).code;
  const reason = code && !cause.message.includes(code) ? `${cause.message} (${code})` : cause.message;
  const retryable = code !== 'UND_ERR_INVALID_ARG';
  return FailureError.of(
    'http_request_failed',
    `The request to ${url.host} failed: ${reason}.${certificateAdvice(code)}`,
    { retryable },
    { cause },
  );
}
