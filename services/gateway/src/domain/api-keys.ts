import { FailureError } from '@treadle/failure';
import { firstTenant } from './access/roles.js';
import { type ApiKeySecret, type ApiKeyStore, hashApiKey, keyPrefix, newApiKey, type StoredKey } from './api-key.js';

/** How long a found key is believed: a revoked one works so much longer. */
const cacheMs = 5000;
const maxCached = 10_000;

/** Tells who a caller is by the key it shows. */
export class ApiKeys {
  private readonly found = new Map<ApiKeySecret, { readonly key: StoredKey; readonly until: number }>();
  private readonly used = new Set<number>();
  private prepared = false;

  constructor(
    private readonly store: ApiKeyStore,
    private readonly now: () => number,
  ) {}

  /**
   * Makes sure that somebody can come in: stores the given key, or makes a random one when there has never been any.
   * @returns the random key, to be shown once; `undefined` when none was made.
   */
  async prepare(given: ApiKeySecret | undefined): Promise<ApiKeySecret | undefined> {
    const secret = given ?? newApiKey();
    const key = { hash: hashApiKey(secret), prefix: keyPrefix(secret), tenantId: firstTenant };
    const made = given === undefined ? await this.store.addFirst(key) : await this.store.add(key);
    this.prepared = true;
    return made === true ? secret : undefined;
  }

  /** A key that was used in the last seconds, without waiting; `undefined` when it has to be looked up. */
  known(secret: ApiKeySecret): StoredKey | undefined {
    const cached = this.found.get(secret);
    return cached && cached.until > this.now() ? cached.key : undefined;
  }

  /** @throws FailureError `unauthenticated` for a key that is unknown or revoked, `unavailable` when that cannot be told. */
  async find(secret: ApiKeySecret): Promise<StoredKey> {
    // Before that the database may not even have a place for keys.
    if (!this.prepared)
      throw FailureError.of('unavailable', 'The gateway is still starting.', { retryAfterSeconds: 1 });
    const key = await this.store.find(hashApiKey(secret));
    if (!key) {
      this.found.delete(secret);
      throw unauthenticated('The API key is unknown or was revoked.');
    }
    if (this.found.size >= maxCached) this.found.clear();
    this.found.set(secret, { key, until: this.now() + cacheMs });
    this.used.add(key.id);
    return key;
  }

  /** Writes down which keys were used since the last time. */
  async noteUse(): Promise<void> {
    if (this.used.size === 0) return;
    const ids = [...this.used];
    this.used.clear();
    await this.store.touch(ids);
  }
}

export function unauthenticated(message: string): FailureError {
  return FailureError.of('unauthenticated', message, {
    field: 'Authorization',
    details: { hint: 'Send an API key as "Authorization: Bearer tk_…".' },
  });
}
