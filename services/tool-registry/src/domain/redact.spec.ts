import { describe, expect, it } from 'vitest';
import { redact } from './redact.js';

describe('redacting', () => {
  it('hides what its name promises to be a secret, at any depth', () => {
    const given = {
      user: 'ann',
      Password: 'p',
      headers: { Authorization: 'x', 'X-Api-Key': 'k' },
      list: [{ access_token: 't' }],
    };
    expect(redact(given, {})).toEqual({
      user: 'ann',
      Password: '***',
      headers: { Authorization: '***', 'X-Api-Key': '***' },
      list: [{ access_token: '***' }],
    });
  });

  it('hides what the schema marks, also inside of combinations and lists', () => {
    const schema = {
      type: 'object',
      properties: { card: { type: 'string', format: 'password' }, pins: { type: 'array', items: { writeOnly: true } } },
      allOf: [{ properties: { note: { writeOnly: true } } }],
    };
    const given = { card: '4111', pins: [1, 2], note: 'n', plain: 'kept' };
    expect(redact(given, schema)).toEqual({ card: '***', pins: ['***', '***'], note: '***', plain: 'kept' });
  });

  it('hides secrets inside of texts, and cuts long ones', () => {
    const given = {
      url: 'https://ann:pw@host/x?api_key=abc&page=2',
      text: 'use Bearer abcdefgh12345',
      long: 'x'.repeat(3_000),
    };
    const shown = redact(given, {});
    expect(shown['url']).toBe('https://ann:***@host/x?api_key=***&page=2');
    expect(shown['text']).toBe('use Bearer ***');
    expect(shown['long']).toMatch(/^x{2000}… \(3000 characters\)$/);
  });
});
