import type { Bound } from '../access/caller.js';
import type { Permission } from '../access/permissions.js';

/** What a caller shows. It is told once and never stored. */
export type ApiKeySecret = string;

/** The part by which a person recognises a key. */
export function keyPrefix(secret: ApiKeySecret): string {
  return secret.slice(0, 10);
}

/** What a key is for. */
export interface KeyPurpose {
  readonly name: string;
  /** Absent: all that an owner may do. */
  readonly scopes: readonly Permission[] | undefined;
  readonly bound: Bound | undefined;
  readonly expiresAt: Date | undefined;
}

export interface StoredKey extends KeyPurpose {
  readonly id: number;
  readonly tenantId: string;
  readonly prefix: string;
  /** How the caller that made it is named; empty for the keys of the configuration. */
  readonly createdBy: string;
  readonly createdAt: Date;
  /** Exact to the minute. */
  readonly lastUsedAt: Date | undefined;
}

export interface NewKey extends KeyPurpose {
  readonly hash: string;
  readonly prefix: string;
  readonly tenantId: string;
  readonly createdBy: string;
}

/** Where keys are kept. Revoked ones are not found. Every call may throw FailureError `unavailable`. */
export interface ApiKeyStore {
  /** The key with this hash, unless it was revoked or has expired. */
  find(hash: string): Promise<StoredKey | undefined>;
  /** Adds a key; `undefined` when one with the same hash is there: a revoked one stays revoked. */
  add(key: NewKey): Promise<StoredKey | undefined>;
  /** Adds a key if there has never been one; tells whether it did. */
  addFirst(key: NewKey): Promise<boolean>;
  /** Notes that keys were used. */
  touch(ids: readonly number[]): Promise<void>;
  /** One of a tenant's keys. */
  get(tenantId: string, id: number): Promise<StoredKey | undefined>;
  /** A tenant's keys below an id, newest first; 0 begins at the newest. */
  list(tenantId: string, below: number, limit: number): Promise<readonly StoredKey[]>;
  /** Adds a key in the place of another, which expires then, or when it would have anyway. */
  replace(old: StoredKey, key: NewKey, until: Date): Promise<StoredKey>;
  /** Tells whether there was one. */
  revoke(tenantId: string, id: number): Promise<boolean>;
}
