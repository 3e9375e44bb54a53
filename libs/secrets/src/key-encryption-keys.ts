import { createHash, randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { FailureError } from '@treadle/failure';
import { keyBytes } from './aes.js';

/** A key that wraps data keys, and the name its wrappings carry. */
export interface KeyEncryptionKey {
  /** From the key's hash: the same key has the same name everywhere, and the name tells nothing about it. */
  readonly id: string;
  readonly bytes: Buffer;
}

/**
 * Reads keys separated by commas, each 32 bytes in base64 or hex. The first wraps new data keys.
 * @throws FailureError `invalid_argument`, without any part of a key.
 */
export function parseKeyEncryptionKeys(text: string): KeyEncryptionKey[] {
  return text.split(',').map((part) => {
    const bytes = toBytes(part.trim());
    if (bytes.length !== keyBytes)
      throw FailureError.of(
        'invalid_argument',
        'A key-encryption key must be 32 random bytes in base64 or hex. Make one with `openssl rand -base64 32`.',
      );
    return { id: createHash('sha256').update('treadle-kek').update(bytes).digest('hex').slice(0, 16), bytes };
  });
}

function toBytes(text: string): Buffer {
  return /^[0-9a-f]{64}$/i.test(text) ? Buffer.from(text, 'hex') : Buffer.from(text, 'base64');
}

/**
 * The text of a key file, which is made with a random key and mode 0600 when absent. Processes that start together agree on one.
 * For installations on one machine; elsewhere the key comes from outside.
 */
export function readOrMakeKeyFile(path: string): string {
  const found = read(path);
  if (found !== undefined) return found;
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  writeDurably(draft, randomBytes(keyBytes).toString('base64'));
  try {
    // A link, not a rename: it fails where another process was first, and the file is whole from its first moment.
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  return readFileSync(path, 'utf8').trim();
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function writeDurably(path: string, text: string): void {
  const file = openSync(path, 'wx', 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
