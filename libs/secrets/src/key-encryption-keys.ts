import { createHash, randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { FailureError } from '@treadle/failure';
import { decrypt, encrypt, keyBytes } from './aes.js';
import { transitKey } from './transit-key.js';

/**
 * A key that wraps data keys: bytes that this process holds, or a key in a key management service, which never leaves it. The additional
 * data is not stored; unwrapping needs it again.
 */
export interface KeyEncryptionKey {
  /** The name its wrappings carry: the same for the same key everywhere, and telling nothing about it. */
  readonly id: string;
  /** @throws FailureError `unavailable` when the service is away. */
  wrap(dataKey: Buffer, additionalData: string): Promise<Buffer>;
  /** Undefined for what this key did not wrap, or with other additional data. @throws FailureError `unavailable`. */
  unwrap(wrapped: Buffer, additionalData: string): Promise<Buffer | undefined>;
}

/**
 * Reads keys separated by commas, each 32 bytes in base64 or hex, or the address of a key in a key management service that speaks as
 * Vault's transit engine does, `transit+https://<token>@<host>/<mount>/<key>`. The first wraps new data keys.
 * @throws FailureError `invalid_argument`, without any part of a key.
 */
export function parseKeyEncryptionKeys(text: string): KeyEncryptionKey[] {
  return text.split(',').map((part) => transitKey(part.trim()) ?? localKey(toBytes(part.trim())));
}

function localKey(bytes: Buffer): KeyEncryptionKey {
  if (bytes.length !== keyBytes)
    throw FailureError.of(
      'invalid_argument',
      'A key-encryption key must be 32 random bytes in base64 or hex. Make one with `openssl rand -base64 32`.',
    );
  return {
    id: createHash('sha256').update('treadle-kek').update(bytes).digest('hex').slice(0, 16),
    wrap: async (dataKey, additionalData) => encrypt(bytes, dataKey, additionalData),
    unwrap: async (wrapped, additionalData) => decrypt(bytes, wrapped, additionalData),
  };
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
