/**
 * Whose trouble a failure is. The kind fixes the log level and the default answer to "try again?".
 * - `caller`: the request or the workflow is wrong; repeating it changes nothing.
 * - `world`: something outside is away, slow or full; repeating it may help.
 * - `bug`: our own mistake.
 */
export type FailureKind = 'caller' | 'world' | 'bug';

interface CodeFacts {
  readonly kind: FailureKind;
  /** What a failure with this code says about trying again, unless its maker knows better. */
  readonly retryable: boolean;
}

const caller: CodeFacts = { kind: 'caller', retryable: false };
const world: CodeFacts = { kind: 'world', retryable: true };
const refusedByWorld: CodeFacts = { kind: 'world', retryable: false };

/** Every code there is, alphabetical. Clients see them in answers, events and logs, so a code is never renamed. */
export const failureCodes = {
  already_answered: caller,
  already_exists: caller,
  approval_rejected: caller,
  budget_exceeded: caller,
  cancelled: caller,
  code_failed: caller,
  code_memory_exceeded: caller,
  code_output_invalid: caller,
  code_timeout: caller,
  credential_refused: refusedByWorld,
  dataset_reindexing: caller,
  deadline_exceeded: world,
  document_too_large: caller,
  document_unreadable: caller,
  document_unsupported: caller,
  file_not_found: caller,
  http_request_failed: world,
  http_response_error: refusedByWorld,
  http_response_too_large: refusedByWorld,
  idempotency_key_reused: caller,
  internal: { kind: 'bug', retryable: false },
  invalid_argument: caller,
  invalid_document: caller,
  invalid_inputs: caller,
  limit_exceeded: caller,
  method_not_allowed: caller,
  model_answer_unusable: world,
  model_not_found: caller,
  no_longer_asked: caller,
  node_configuration: caller,
  node_timeout: world,
  not_found: caller,
  payload_too_large: caller,
  permission_denied: caller,
  price_unknown: caller,
  provider_error: world,
  provider_rate_limited: world,
  provider_rejected: refusedByWorld,
  provider_stream_cut: world,
  provider_unauthenticated: refusedByWorld,
  provider_unavailable: world,
  address_blocked: caller,
  resume_refused: caller,
  template_error: caller,
  tool_answer_invalid: refusedByWorld,
  tool_answer_too_large: refusedByWorld,
  tool_approval_required: caller,
  tool_arguments_invalid: caller,
  tool_failed: world,
  tool_not_found: caller,
  tool_outcome_unknown: refusedByWorld,
  tool_rate_limited: world,
  tool_source_invalid: caller,
  tool_unavailable: world,
  unauthenticated: caller,
  unavailable: world,
  unsupported_media_type: caller,
  value_missing: caller,
  workflow_not_runnable: caller,
} as const satisfies Record<string, CodeFacts>;

export type FailureCode = keyof typeof failureCodes;

export function isFailureCode(value: string): value is FailureCode {
  return Object.hasOwn(failureCodes, value);
}
