import type { Failure, FailureCode } from '@treadle/failure';

/** The HTTP status of every failure code: a new code does not compile until it has one. */
const statuses: Readonly<Record<FailureCode, number>> = {
  address_blocked: 422,
  already_answered: 409,
  already_exists: 409,
  approval_rejected: 403,
  budget_exceeded: 402,
  cancelled: 409,
  code_failed: 422,
  code_memory_exceeded: 422,
  code_output_invalid: 422,
  code_timeout: 422,
  deadline_exceeded: 504,
  file_not_found: 404,
  http_request_failed: 502,
  http_response_error: 502,
  http_response_too_large: 502,
  idempotency_key_reused: 409,
  internal: 500,
  invalid_argument: 400,
  invalid_document: 422,
  invalid_inputs: 422,
  limit_exceeded: 429,
  method_not_allowed: 405,
  model_answer_unusable: 502,
  model_not_found: 422,
  no_longer_asked: 409,
  node_configuration: 422,
  node_timeout: 504,
  not_found: 404,
  payload_too_large: 413,
  permission_denied: 403,
  price_unknown: 422,
  provider_error: 502,
  provider_rate_limited: 503,
  provider_rejected: 502,
  provider_stream_cut: 502,
  provider_unauthenticated: 502,
  provider_unavailable: 502,
  resume_refused: 409,
  template_error: 422,
  unauthenticated: 401,
  unavailable: 503,
  unsupported_media_type: 415,
  value_missing: 422,
  workflow_not_runnable: 422,
};

/** A document that is neither JSON nor YAML is a bad request; one that can be read but is wrong is not processable. */
export function httpStatus({ code, details }: Failure): number {
  return code === 'invalid_document' && details?.['unreadable'] === true ? 400 : statuses[code];
}
