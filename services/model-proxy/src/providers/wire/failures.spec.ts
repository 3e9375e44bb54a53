import { describe, expect, it } from 'vitest';
import { failureFromResponse, readError } from './failures.js';

const names = { name: 'openai', apiKey: 'my-own-secret-key' };
const openAi = (message: string, code: string | null = null) => JSON.stringify({ error: { message, type: 'x', code } });
const of = (status: number, body: string, headers = {}) => failureFromResponse(names, status, headers, readError(body));

describe('an error answer', () => {
  it.each([
    [400, 'provider_rejected', false],
    [401, 'provider_unauthenticated', false],
    [402, 'provider_rejected', false],
    [403, 'provider_unauthenticated', false],
    [408, 'provider_unavailable', true],
    [422, 'provider_rejected', false],
    [429, 'provider_rate_limited', true],
    [500, 'provider_error', true],
    [502, 'provider_unavailable', true],
    [503, 'provider_unavailable', true],
    [504, 'provider_unavailable', true],
    [529, 'provider_unavailable', true],
    [302, 'provider_error', true],
  ])('with status %d is %s', (status, code, retryable) => {
    const failed = of(status, openAi('Their words.'));
    expect(failed).toMatchObject({ code, retryable, details: { provider: 'openai', status } });
    expect(failed.message).toContain('Their words.');
  });

  it('tells a missing model from a wrong address', () => {
    expect(of(404, openAi('The model `x` does not exist', 'model_not_found')).code).toBe('model_not_found');
    expect(of(404, openAi('model "x" not found, try pulling it first')).code).toBe('model_not_found');
    expect(of(404, '404 page not found').code).toBe('provider_rejected');
  });

  it('keeps how long to wait, in seconds', () => {
    expect(of(429, '', { 'retry-after': '7' }).retryAfterSeconds).toBe(7);
    expect(of(429, '', { 'retry-after': 'Thu, 01 Jan 1970 00:00:00 GMT' }).retryAfterSeconds).toBe(0);
    expect(of(429, '', { 'retry-after': 'soon' })).not.toHaveProperty('retryAfterSeconds');
    expect(of(429, '')).not.toHaveProperty('retryAfterSeconds');
  });

  it('does not call a used-up quota a thing to wait for', () => {
    expect(of(429, openAi('You exceeded your current quota', 'insufficient_quota')).retryable).toBe(false);
  });

  it.each([
    ['{"error":"model crashed"}', 'model crashed'],
    ['{"message":"Not enough memory"}', 'Not enough memory'],
    ['{"detail":"Unauthorized"}', 'Unauthorized'],
    ['plain words', 'plain words'],
    ['<html><head><title>502 Bad Gateway</title></head></html>', '502 Bad Gateway'],
  ])('reads %s', (body, words) => {
    expect(of(500, body).message).toBe(`The provider "openai" failed (500): ${words}`);
  });

  it('says nothing in place of nothing', () => {
    expect(of(500, '').message).toBe('The provider "openai" failed (500).');
    expect(of(500, '<html></html>').message).toBe('The provider "openai" failed (500).');
  });

  it('holds no key and no novel', () => {
    const said = `Incorrect API key provided: my-own-secret-key or sk-proj-abc***xyz. ${'x'.repeat(5_000)}`;
    const { message } = of(401, openAi(said));
    expect(message).toContain('Incorrect API key provided: *** or ***');
    expect(message.length).toBeLessThan(600);
  });
});
