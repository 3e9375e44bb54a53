import { type FailureCode, type FailureKind, failureCodes } from './codes.js';

/** An error as data. It crosses every hop (gRPC, bus, journal, HTTP) without losing its code or its retryability. */
export interface Failure {
  readonly code: FailureCode;
  /** What happened and what to do next, for a person. Never holds a secret. */
  readonly message: string;
  /** Whether the same work may succeed later. Decided where the cause is known. */
  readonly retryable: boolean;
  /** Seconds the other side asked to wait before a retry; absent when it did not say. */
  readonly retryAfterSeconds?: number;
  /** The input field at fault, as a path like `nodes[2].config.model`; absent when none is. */
  readonly field?: string;
  /** More facts, as JSON. */
  readonly details?: Readonly<Record<string, unknown>>;
}

type FailureExtras = Partial<Omit<Failure, 'code' | 'message'>>;

/** Makes a failure; whether it is retryable follows from its code unless said otherwise. */
export function failure(code: FailureCode, message: string, extras: FailureExtras = {}): Failure {
  return { code, message, retryable: failureCodes[code].retryable, ...extras };
}

/** A failure on its way to the edge, where it becomes an answer. Inside a node or an engine a failure is data, not an exception. */
export class FailureError extends Error {
  override readonly name = 'FailureError';

  constructor(
    readonly failure: Failure,
    options?: ErrorOptions,
  ) {
    super(failure.message, options);
  }

  static of(code: FailureCode, message: string, extras: FailureExtras = {}, options?: ErrorOptions): FailureError {
    return new FailureError(failure(code, message, extras), options);
  }
}

/** Turns whatever was thrown into a failure. An unknown error is our bug; its text stays in the log, not in the answer. */
export function toFailure(error: unknown): Failure {
  if (error instanceof FailureError) return error.failure;
  return failure('internal', 'Something went wrong on our side. The log has the details under this request id.');
}

export function failureKind(code: FailureCode): FailureKind {
  return failureCodes[code].kind;
}
