import { type FailureCode, FailureError } from '@treadle/failure';
import { describe, expect, it } from 'vitest';
import { costNothing } from './cost-nothing.js';

describe('a call that failed before its answer began', () => {
  it.each<[string, FailureCode, Readonly<Record<string, unknown>>, boolean]>([
    ['cost nothing when it was refused', 'provider_rejected', { status: 400 }, true],
    ['cost nothing when the server failed', 'provider_error', { status: 500 }, true],
    ['cost nothing when nobody was there', 'provider_unavailable', { reached: false }, true],
    ['cost nothing when it could not be put as a request', 'invalid_argument', {}, true],
    ['may have cost when a gateway gave up waiting', 'provider_unavailable', { status: 504 }, false],
    ['may have cost when the connection was reset', 'provider_unavailable', {}, false],
    ['may have cost when our own code failed', 'internal', {}, false],
    [
      'may have cost when it was one request of several',
      'provider_rate_limited',
      { status: 429, oneOfSeveral: true },
      false,
    ],
  ])('%s', (_, code, details, expected) => {
    expect(costNothing(FailureError.of(code, 'It failed.', { details }).failure)).toBe(expected);
  });
});
