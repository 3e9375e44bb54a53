import { createHash, randomBytes } from 'node:crypto';

/** What a caller shows. It is told once and never stored. */
export type ApiKeySecret = string;

/** A new random key: 32 bytes after `tk_`. */
export function newApiKey(): ApiKeySecret {
  return `tk_${randomBytes(32).toString('base64url')}`;
}

/** Keys are random and long, so a plain hash is enough and costs nothing on the way of every request. */
export function hashApiKey(secret: ApiKeySecret): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** The part by which a person recognises a key. */
export function keyPrefix(secret: ApiKeySecret): string {
  return secret.slice(0, 10);
}

export interface StoredKey {
  readonly id: number;
  readonly tenantId: string;
}

export interface NewKey {
  readonly hash: string;
  readonly prefix: string;
  readonly tenantId: string;
}

/** Where keys are kept. Every call may throw FailureError `unavailable`. */
export interface ApiKeyStore {
  /** The key with this hash, unless it was revoked. */
  find(hash: string): Promise<StoredKey | undefined>;
  /** Adds a key unless one with the same hash is there; a revoked one stays revoked. */
  add(key: NewKey): Promise<void>;
  /** Adds a key if there has never been one; tells whether it did. */
  addFirst(key: NewKey): Promise<boolean>;
  /** Notes that keys were used. */
  touch(ids: readonly number[]): Promise<void>;
}
