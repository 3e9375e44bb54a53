import { FailureError } from '@treadle/failure';
import { type Caller, callerName, mayGrant } from '../access/caller.js';
import { hashSecret, newSecret } from '../access/credentials.js';
import type { Permission } from '../access/permissions.js';
import { type ApiKeySecret, type ApiKeyStore, type KeyPurpose, keyPrefix, type StoredKey } from './api-key.js';

/** A key just made, and the only time that its secret is told. */
export interface MadeKey {
  readonly key: StoredKey;
  readonly secret: ApiKeySecret;
}

/** Makes keys and ends them. Nobody gives a key more than they may do themselves. */
export class ManageKeys {
  constructor(
    private readonly store: ApiKeyStore,
    private readonly now: () => number,
  ) {}

  /** @throws FailureError `permission_denied` for scopes beyond the caller's own, `invalid_argument` for an expiry in the past. */
  async create(caller: Caller, purpose: KeyPurpose & { readonly scopes: readonly Permission[] }): Promise<MadeKey> {
    mayGrant(caller, purpose.scopes);
    this.inFuture(purpose.expiresAt, 'expires_at');
    const secret = newSecret('tk_');
    const key = await this.store.add(this.newKey(caller, secret, purpose));
    if (!key) throw FailureError.of('internal', 'A new API key was there already.');
    return { key, secret };
  }

  /** @throws FailureError `not_found`. */
  async get(tenantId: string, id: number): Promise<StoredKey> {
    const found = await this.store.get(tenantId, id);
    if (!found) throw noSuchKey(id);
    return found;
  }

  async list(tenantId: string, below: number, limit: number): Promise<readonly StoredKey[]> {
    return this.store.list(tenantId, below, limit);
  }

  /**
   * Makes a key for the same purpose; the old one works until the given time.
   * @throws FailureError `not_found`, `permission_denied` as for a new key, `invalid_argument` for a time that has passed.
   */
  async rotate(caller: Caller, id: number, oldWorksUntil: Date): Promise<MadeKey> {
    const old = await this.get(caller.tenantId, id);
    // A key without scopes is an owner's.
    mayGrant(caller, old.scopes ?? ['organisation:manage']);
    if (old.expiresAt && old.expiresAt.getTime() <= this.now())
      throw FailureError.of('invalid_argument', 'The key has expired. Create a new one.', { field: 'id' });
    const secret = newSecret('tk_');
    const key = await this.store.replace(old, this.newKey(caller, secret, old), oldWorksUntil);
    return { key, secret };
  }

  /** It is refused everywhere within five seconds. @throws FailureError `not_found`. */
  async revoke(tenantId: string, id: number): Promise<void> {
    if (!(await this.store.revoke(tenantId, id))) throw noSuchKey(id);
  }

  private newKey(caller: Caller, secret: ApiKeySecret, { name, scopes, bound, expiresAt }: KeyPurpose) {
    const known = { hash: hashSecret(secret), prefix: keyPrefix(secret), createdBy: callerName(caller) };
    return { ...known, tenantId: caller.tenantId, name, scopes, bound, expiresAt };
  }

  private inFuture(moment: Date | undefined, field: string): void {
    if (moment && moment.getTime() <= this.now())
      throw FailureError.of('invalid_argument', `${field}: ${moment.toISOString()} has passed. Give a later moment.`, {
        field,
      });
  }
}

function noSuchKey(id: number): FailureError {
  return FailureError.of('not_found', `There is no API key ${id}.`, { field: 'id' });
}
