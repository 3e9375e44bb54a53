import { type Failure, type FailureCode, failureKind } from '@treadle/failure';
import { httpStatus } from '../errors/http-status.js';

/** Where OpenAI's clients expect another status than the native API gives. */
const statuses: Partial<Record<FailureCode, number>> = {
  model_not_found: 404,
  price_unknown: 400,
  // The clients wait and try again.
  provider_rate_limited: 429,
  provider_rejected: 400,
};

const types: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  402: 'insufficient_quota',
  403: 'permission_error',
  429: 'rate_limit_error',
};

/** A failure as OpenAI would answer it. */
export function openAiError(failure: Failure) {
  const status = statuses[failure.code] ?? httpStatus(failure);
  const type =
    types[status] ?? (status < 500 && failureKind(failure.code) !== 'bug' ? 'invalid_request_error' : 'server_error');
  return {
    status,
    body: { error: { message: failure.message, type, param: failure.field || null, code: failure.code } },
  };
}
