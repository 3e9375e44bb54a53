import { type Failure as FailureMessage } from '@treadle/contracts';
import { type Failure, isFailureCode } from '@treadle/failure';

/** A failure as it travels in messages. What is absent becomes the empty value of its field. */
export function toFailureMessage(failure: Failure): FailureMessage {
  return {
    code: failure.code,
    message: failure.message,
    retryable: failure.retryable,
    retryAfterSeconds: failure.retryAfterSeconds ?? 0,
    field: failure.field ?? '',
    detailsJson: failure.details ? JSON.stringify(failure.details) : '',
  };
}

/** The other way round. A code that a newer service made and this one does not know becomes `internal`, with its name kept in the details. */
export function fromFailureMessage(message: FailureMessage): Failure {
  const details = parseDetails(message.detailsJson);
  const code = isFailureCode(message.code) ? message.code : undefined;
  return {
    code: code ?? 'internal',
    message: message.message,
    retryable: message.retryable,
    ...(message.retryAfterSeconds > 0 && { retryAfterSeconds: message.retryAfterSeconds }),
    ...(message.field && { field: message.field }),
    ...(code ? details && { details } : { details: { ...details, code: message.code } }),
  };
}

function parseDetails(json: string): Record<string, unknown> | undefined {
  if (!json) return undefined;
  const value: unknown = JSON.parse(json);
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
}
