import { Metadata, type ServiceError, type StatusObject, status } from '@grpc/grpc-js';
import { Failure as FailureMessage } from '@treadle/contracts';
import { type Failure, type FailureCode, FailureError, failure, failureKind } from '@treadle/failure';
import { fromFailureMessage, toFailureMessage } from './failure-message.js';

/** The trailer that carries a whole failure; the status beside it is for tools that know gRPC only. */
const trailer = 'treadle-failure-bin';

/** HTTP/2 peers refuse trailers above 64 KiB, and the failure is sent base64 encoded beside its own message. */
const maxTrailerBytes = 32 * 1024;
const maxMessageLength = 4 * 1024;
const maxStatusLength = 512;

const statusOfCode: Partial<Record<FailureCode, status>> = {
  already_answered: status.ALREADY_EXISTS,
  already_exists: status.ALREADY_EXISTS,
  cancelled: status.CANCELLED,
  deadline_exceeded: status.DEADLINE_EXCEEDED,
  file_not_found: status.NOT_FOUND,
  idempotency_key_reused: status.ALREADY_EXISTS,
  limit_exceeded: status.RESOURCE_EXHAUSTED,
  model_not_found: status.NOT_FOUND,
  not_found: status.NOT_FOUND,
  payload_too_large: status.RESOURCE_EXHAUSTED,
  permission_denied: status.PERMISSION_DENIED,
  tool_not_found: status.NOT_FOUND,
  unauthenticated: status.UNAUTHENTICATED,
};

/** The gRPC status and trailers a server answers with. Details too large for a trailer are left out. */
export function failureToStatus(failed: Failure): Pick<StatusObject, 'code' | 'details' | 'metadata'> {
  const metadata = new Metadata();
  metadata.set(trailer, encode(failed));
  return { code: statusCode(failed), details: failed.message.slice(0, maxStatusLength), metadata };
}

function encode(failed: Failure): Buffer {
  const bytes = Buffer.from(FailureMessage.encode(toFailureMessage(failed)).finish());
  if (bytes.length <= maxTrailerBytes) return bytes;
  const { details: _, ...rest } = failed;
  const small = { ...rest, message: failed.message.slice(0, maxMessageLength) };
  return Buffer.from(FailureMessage.encode(toFailureMessage(small)).finish());
}

function statusCode(failed: Failure): status {
  const code = statusOfCode[failed.code];
  if (code !== undefined) return code;
  switch (failureKind(failed.code)) {
    case 'caller':
      return status.INVALID_ARGUMENT;
    case 'world':
      return failed.retryable ? status.UNAVAILABLE : status.FAILED_PRECONDITION;
    case 'bug':
      return status.INTERNAL;
  }
}

/** What a client throws for a call that ended badly: the server's own failure where it sent one, else what the status says. */
export function statusToFailureError(error: ServiceError): FailureError {
  const [bytes] = error.metadata?.get(trailer) ?? [];
  const failed = Buffer.isBuffer(bytes) ? fromFailureMessage(FailureMessage.decode(bytes)) : fromPlainStatus(error);
  return new FailureError(failed, { cause: error });
}

function fromPlainStatus(error: ServiceError): Failure {
  switch (error.code) {
    case status.UNAVAILABLE:
      return failure('unavailable', `The service cannot be reached: ${error.details}`);
    case status.DEADLINE_EXCEEDED:
      return failure('deadline_exceeded', 'The service did not answer within the time the call was given.');
    case status.CANCELLED:
      // The caller's own cancels never get here, so the other side cut the call: it is stopping or was stopped.
      return failure('unavailable', 'The service ended the call before its answer was complete.');
    case status.RESOURCE_EXHAUSTED:
      return error.details.includes('larger than')
        ? failure('payload_too_large', `A message between services is too large: ${error.details}.`)
        : unexplained(error);
    case status.INTERNAL:
      // Not the service's own word, but a connection that broke while its answer was under way.
      return error.details.startsWith('Received RST_STREAM')
        ? failure('unavailable', `The connection to the service broke: ${error.details}`)
        : unexplained(error);
    default:
      return unexplained(error);
  }
}

function unexplained({ details }: ServiceError): Failure {
  return failure('internal', `A call between services failed: ${details}`);
}

/** The failure of a call whose signal was aborted: a timeout says so, everything else is a cancel. */
export function abortFailure(signal: AbortSignal): FailureError {
  const reason: unknown = signal.reason;
  if (reason instanceof FailureError) return reason;
  return reason instanceof Error && reason.name === 'TimeoutError'
    ? FailureError.of('deadline_exceeded', 'The call took longer than it was given.', {}, { cause: reason })
    : FailureError.of('cancelled', 'The call was cancelled.', {}, { cause: reason });
}
