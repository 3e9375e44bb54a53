import { Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { failure, failureCodes, isFailureCode } from '@treadle/failure';
import { describe, expect, it } from 'vitest';
import { fromFailureMessage, toFailureMessage } from './failure-message.js';
import { failureToStatus, statusToFailureError } from './failure-status.js';

const plain = (code: status, details = ''): ServiceError =>
  Object.assign(new Error(details), { code, details, metadata: new Metadata() });

describe('the status of a failure', () => {
  it.each(Object.keys(failureCodes).filter(isFailureCode))('brings %s back', (code) => {
    const failed = failure(code, 'Something happened.', { field: 'a.b', details: { n: 1 }, retryAfterSeconds: 3 });
    const sent = failureToStatus(failed);
    expect(sent.code).not.toBe(status.OK);
    expect(statusToFailureError(Object.assign<Error, object>(new Error(), sent) as ServiceError).failure).toEqual(
      failed,
    );
  });

  it.each([
    [status.UNAVAILABLE, '', 'unavailable', true],
    [status.DEADLINE_EXCEEDED, '', 'deadline_exceeded', true],
    [status.CANCELLED, '', 'unavailable', true],
    [status.RESOURCE_EXHAUSTED, 'Received message larger than max (5 vs 4)', 'payload_too_large', false],
    [status.RESOURCE_EXHAUSTED, 'Bandwidth exhausted', 'internal', false],
    [status.UNIMPLEMENTED, '', 'internal', false],
    [status.INTERNAL, 'Received RST_STREAM with code 2 (Internal server error)', 'unavailable', true],
    [status.INTERNAL, 'a bug', 'internal', false],
  ])('reads plain status %d %s as %s', (code, details, expected, retryable) => {
    expect(statusToFailureError(plain(code, details)).failure).toMatchObject({ code: expected, retryable });
  });

  it('keeps the name of a code that only a newer service knows', () => {
    const message = { ...toFailureMessage(failure('not_found', 'Gone.')), code: 'brand_new', retryable: true };
    expect(fromFailureMessage(message)).toEqual({
      code: 'internal',
      message: 'Gone.',
      retryable: true,
      details: { code: 'brand_new' },
    });
  });
});
