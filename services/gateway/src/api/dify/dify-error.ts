import { type Failure, type FailureCode, FailureError, failureKind } from '@treadle/failure';

/** Every code that Dify's clients may be told, with its status. */
const statuses = {
  app_unavailable: 400,
  bad_request: 400,
  completion_request_error: 400,
  conversation_completed: 400,
  dataset_in_use: 409,
  dataset_name_duplicate: 409,
  file_not_found: 404,
  file_too_large: 413,
  filename_not_exists_error: 400,
  forbidden: 403,
  human_input_form_expired: 412,
  human_input_form_submitted: 412,
  idempotency_key_reused: 409,
  internal_server_error: 500,
  invalid_form_data: 400,
  invalid_param: 400,
  method_not_allowed: 405,
  model_currently_not_support: 400,
  no_audio_uploaded: 400,
  no_file_uploaded: 400,
  not_chat_app: 400,
  not_completion_app: 400,
  not_found: 404,
  not_workflow_app: 400,
  provider_not_initialize: 400,
  provider_quota_exceeded: 400,
  // Of a server that cannot be asked just now; Dify has no code for it.
  service_unavailable: 503,
  too_many_files: 400,
  too_many_requests: 429,
  unauthorized: 401,
  unsupported_file_type: 415,
} as const satisfies Record<string, number>;

export type DifyCode = keyof typeof statuses;

/** What failures of ours are called there; all others are failures of a run. */
const codes: Partial<Record<FailureCode, DifyCode>> = {
  already_answered: 'human_input_form_submitted',
  already_exists: 'dataset_name_duplicate',
  budget_exceeded: 'provider_quota_exceeded',
  cancelled: 'bad_request',
  credential_refused: 'provider_not_initialize',
  deadline_exceeded: 'service_unavailable',
  document_too_large: 'file_too_large',
  document_unreadable: 'bad_request',
  document_unsupported: 'unsupported_file_type',
  file_not_found: 'file_not_found',
  idempotency_key_reused: 'idempotency_key_reused',
  invalid_argument: 'invalid_param',
  invalid_document: 'app_unavailable',
  invalid_inputs: 'invalid_param',
  limit_exceeded: 'too_many_requests',
  method_not_allowed: 'method_not_allowed',
  model_not_found: 'model_currently_not_support',
  no_longer_asked: 'human_input_form_expired',
  not_found: 'not_found',
  payload_too_large: 'file_too_large',
  permission_denied: 'forbidden',
  provider_unauthenticated: 'provider_not_initialize',
  unauthenticated: 'unauthorized',
  unavailable: 'service_unavailable',
  unsupported_media_type: 'unsupported_file_type',
  workflow_not_runnable: 'app_unavailable',
};

/** What went wrong, as Dify's clients read it. `params` names the field at fault. */
export interface DifyError {
  readonly code: DifyCode;
  readonly message: string;
  readonly status: number;
  readonly params?: string;
}

/** A failure that only Dify's clients are told, under a code of theirs. */
export function difyFailure(code: DifyCode, message: string, field?: string): FailureError {
  return FailureError.of('invalid_argument', message, { field, details: { dify: code } });
}

/** A failure as Dify would answer it. */
export function difyError(failure: Failure): DifyError {
  const code = codeOf(failure);
  const { field } = failure;
  const params = code === 'invalid_param' && field ? { params: field } : {};
  return { code, message: messageOf(failure), status: statuses[code], ...params };
}

function codeOf({ code, details }: Failure): DifyCode {
  const given = details?.['dify'];
  if (typeof given === 'string' && Object.hasOwn(statuses, given)) return given as DifyCode;
  if (failureKind(code) === 'bug') return 'internal_server_error';
  return codes[code] ?? 'completion_request_error';
}

/** Of several problems the first, whose sentence does not name the field once more. */
function messageOf({ message, details, code }: Failure): string {
  const problems = details?.['problems'];
  const first: unknown = code === 'invalid_argument' && Array.isArray(problems) ? problems[0] : undefined;
  const told = typeof first === 'object' && first !== null && 'message' in first ? first.message : undefined;
  return typeof told === 'string' ? told : message;
}
