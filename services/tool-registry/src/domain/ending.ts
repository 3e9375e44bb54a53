import { type Failure, FailureError, failure, failureKind, toFailure } from '@treadle/failure';
import type { Ending } from './call-record.js';
import type { ToolOutcome } from './toolset-kind.js';

/** The connection never came about, so nothing was sent. */
const neverConnected = new Set([
  'EAI_AGAIN',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_INVALID_ARG',
]);
const neverTrusted = /^(ERR_TLS_|CERT_|DEPTH_ZERO_SELF_SIGNED|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|ERR_SSL_)/;
/** The source has answered, so it has done what it was asked. */
const answeredAll = new Set<Failure['code']>(['http_response_too_large', 'tool_answer_too_large']);
/** Trouble on the way, after which nobody knows whether the request arrived. */
const maybeArrived = new Set<Failure['code']>([
  'cancelled',
  'deadline_exceeded',
  'http_request_failed',
  'http_response_error',
  'internal',
  'tool_failed',
  'unavailable',
]);

/** What a thrown error says about a call. `repeatable`: whether making it again is the same as having made it once. */
export function endingOfError(error: unknown, repeatable: boolean): Ending {
  const reason = toFailure(error);
  if (answeredAll.has(reason.code)) return { type: repeatable ? 'refused' : 'spoilt', failure: reason };
  if (repeatable || !maybeArrived.has(reason.code) || wasNeverSent(error)) return { type: 'refused', failure: reason };
  return { type: 'unknown', failure: outcomeUnknown(reason.message) };
}

function wasNeverSent(error: unknown): boolean {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (typeof code === 'string' && (neverConnected.has(code) || neverTrusted.test(code))) return true;
  }
  return false;
}

/** Whether the failure speaks against the tool's server, and not against the call. */
export function isTrouble(reason: Failure): boolean {
  return failureKind(reason.code) === 'world' && !['tool_rate_limited', 'credential_refused'].includes(reason.code);
}

export function outcomeUnknown(why: string): Failure {
  return failure(
    'tool_outcome_unknown',
    `Whether the call happened is not known: ${why} It is not made again, because it may change something. Look at the other side; if the call may safely be made twice, save that as "repeatable" in the tool's policy and run again.`,
  );
}

/** @throws FailureError `tool_answer_too_large`. */
export function checkSize(outcome: ToolOutcome, maxBytes: number): ToolOutcome {
  const { text, json, files } = outcome;
  const bytes =
    Buffer.byteLength(text) +
    (json === undefined ? 0 : Buffer.byteLength(JSON.stringify(json))) +
    files.reduce((sum, { data }) => sum + data.length, 0);
  if (bytes <= maxBytes) return outcome;
  throw FailureError.of(
    'tool_answer_too_large',
    `The tool's answer has ${bytes} bytes; ${maxBytes} are allowed. Ask it for less, for example page by page.`,
    { details: { bytes, maxBytes } },
  );
}
