import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseKeyEncryptionKeys } from './key-encryption-keys.js';

describe('parseKeyEncryptionKeys', () => {
  it('reads base64 and hex as the same key', () => {
    const bytes = randomBytes(32);
    const [first, second] = parseKeyEncryptionKeys(`${bytes.toString('base64')}, ${bytes.toString('hex')}`);
    expect(first?.id).toBe(second?.id);
  });

  it.each(['', 'short', randomBytes(16).toString('base64'), `${randomBytes(32).toString('base64')},`])(
    'refuses %j without repeating it',
    (text) => {
      expect(() => parseKeyEncryptionKeys(text)).toThrow(/openssl rand -base64 32/);
    },
  );
});
