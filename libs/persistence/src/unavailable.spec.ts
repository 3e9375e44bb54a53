import { FailureError } from '@treadle/failure';
import { describe, expect, it } from 'vitest';
import { asUnavailable, withDatabase } from './unavailable.js';

const withCode = (code: string, facts: object = {}) => Object.assign(new Error('it broke'), { code, ...facts });

describe('withDatabase', () => {
  it.each(['22P02', '22021', '22P05', '22003'])(
    'takes %s for a value that a request should not have had',
    async (code) => {
      const error = withCode(code);
      const thrown = await withDatabase(() => Promise.reject(error)).catch(
        (failure: unknown) => failure as FailureError,
      );
      expect(thrown).toMatchObject({ failure: { code: 'invalid_argument', retryable: false }, cause: error });
    },
  );
});

describe('asUnavailable', () => {
  it.each([
    withCode('ECONNREFUSED'),
    withCode('57P01'),
    withCode('57P03'),
    withCode('08006'),
    withCode('53300'),
    withCode('ENOENT', { syscall: 'connect' }),
    new Error('Connection terminated unexpectedly'),
    new Error('timeout exceeded when trying to connect'),
  ])('takes %o for a database that is away', (error) => {
    const turned = asUnavailable(error) as FailureError;
    expect(turned.failure).toMatchObject({ code: 'unavailable', retryable: true, retryAfterSeconds: 1 });
    expect(turned.cause).toBe(error);
  });

  it.each([withCode('23505'), withCode('40001'), withCode('ENOENT', { syscall: 'open' }), new Error('x'), 'x'])(
    'leaves %o alone',
    (error) => {
      expect(asUnavailable(error)).toBe(error);
    },
  );

  it('leaves a failure alone, even one that quotes the driver', async () => {
    const failure = FailureError.of('internal', 'Connection terminated');
    await expect(withDatabase(() => Promise.reject(failure))).rejects.toBe(failure);
  });
});
