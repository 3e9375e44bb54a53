import { FailureError } from '@treadle/failure';
import type { Caller } from '../access/caller.js';
import { type CredentialKind, type Found, hashSecret, newSecret, unauthenticated } from '../access/credentials.js';
import { firstTenant, ownerPermissions } from '../access/roles.js';
import { type ApiKeySecret, type ApiKeyStore, keyPrefix, type StoredKey } from './api-key.js';

/** Tells who a caller is by the API key it shows. */
export class ApiKeys implements CredentialKind {
  private readonly used = new Set<number>();
  private prepared = false;

  constructor(private readonly store: ApiKeyStore) {}

  /**
   * Makes sure that somebody can come in: stores the given key, or makes a random one when there has never been any.
   * @returns the random key, to be shown once; `undefined` when none was made.
   */
  async prepare(given: ApiKeySecret | undefined): Promise<ApiKeySecret | undefined> {
    const secret = given ?? newSecret('tk_');
    const key = {
      hash: hashSecret(secret),
      prefix: keyPrefix(secret),
      tenantId: firstTenant,
      name: given === undefined ? 'first key' : 'configured key',
      scopes: undefined,
      bound: undefined,
      expiresAt: undefined,
      createdBy: '',
    };
    const made = given === undefined && (await this.store.addFirst(key));
    if (given !== undefined) await this.store.add(key);
    this.prepared = true;
    return made ? secret : undefined;
  }

  async find(secret: ApiKeySecret): Promise<Found> {
    // Before that the database may not even have a place for keys.
    if (!this.prepared)
      throw FailureError.of('unavailable', 'The gateway is still starting.', { retryAfterSeconds: 1 });
    const key = await this.store.find(hashSecret(secret));
    if (!key) throw unauthenticated('The API key is unknown, was revoked or has expired.');
    this.used.add(key.id);
    return { caller: callerOf(key), expiresAtMs: key.expiresAt?.getTime() };
  }

  /** Writes down which keys were used since the last time. */
  async noteUse(): Promise<void> {
    if (this.used.size === 0) return;
    const ids = [...this.used];
    this.used.clear();
    await this.store.touch(ids);
  }
}

function callerOf({ id, tenantId, scopes, bound }: StoredKey): Caller {
  const owned = ownerPermissions(tenantId);
  const permissions = scopes === undefined ? owned : new Set(scopes.filter((scope) => owned.has(scope)));
  return { tenantId, permissions, by: { keyId: String(id) }, ...(bound && { bound }) };
}
