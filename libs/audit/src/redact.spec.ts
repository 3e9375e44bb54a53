import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { redact } from './redact.js';

const keyText = `tk_${randomBytes(32).toString('base64url')}`;

describe('what is kept of a value', () => {
  it.each([
    { api_key: 'abc' },
    { apiKey: 'abc' },
    { password: 'abc' },
    { options: { clientSecret: 'abc' } },
    { secret: { deep: ['abc'] } },
    { pin: 1234 },
    { access_token: 1234 },
    { credential: { type: 'basic', user: 'abc' } },
    { headers: { 'x-anything': 'abc' } },
    { request_headers: { accept: 'abc' } },
    { env: { FOO: 'abc' } },
    { list: [{ cookie: 'abc' }] },
  ])('leaves out %j', (value) => {
    expect(JSON.stringify(redact(value))).not.toMatch(/abc|1234/);
  });

  it.each([
    keyText,
    'sk-proj-abcdefgh12345678',
    'Bearer abcdefghij',
    'postgres://me:hunter2@db.example.com/x',
    'https://api.example.com/?api_key=hunter2&x=1',
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abcdefgh',
    randomBytes(32).toString('hex'),
    '-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----',
  ])('finds a credential under any name: %s', (text) => {
    const json = JSON.stringify(redact({ note: `before ${text} after`, [`name ${text}`]: 1 }));
    expect(json).toContain('[redacted]');
    expect(json).not.toContain(text);
    expect(json).not.toContain('hunter2');
  });

  it('keeps what is no secret', () => {
    const value = {
      id: '0d1f2a3b-4c5d-4e6f-8a9b-0c1d2e3f4a5b',
      name: 'gpt-5',
      base_url: 'https://api.example.com/v1',
      limit_tokens: 1000,
      max_tokens: 5,
      enabled: true,
      key_hint: null,
      scopes: ['runs:start'],
    };
    expect(redact(value)).toEqual(value);
  });

  it('tells long texts and large values by their hash', () => {
    expect(redact({ document: 'x'.repeat(5000) })).toEqual({ document: expect.stringMatching(/^\[5000 characters/) });
    expect(redact(Array.from({ length: 5000 }, () => 'some text'))).toMatch(/^\[\d+ characters/);
  });

  it('holds nothing that a database cannot store', () => {
    expect(redact({ 'a\0b': 'c\0\ud800' })).toEqual({ 'a\uFFFDb': 'c\uFFFD\uFFFD' });
  });
});
