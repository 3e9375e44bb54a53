import { createHash, randomBytes } from 'node:crypto';
import { FailureError } from '@treadle/failure';
import { LRUCache } from 'lru-cache';
import type { Caller } from './caller.js';

/** Whom a credential belongs to, and how long that may be believed without asking again. */
export interface Found {
  readonly caller: Caller;
  /** Milliseconds since 1970; absent for credentials that do not expire. */
  readonly expiresAtMs?: number | undefined;
}

/** One kind of credential. */
export interface CredentialKind {
  /** @throws FailureError `unauthenticated` when it is unknown, expired or revoked, `unavailable` when that cannot be told. */
  find(credential: string): Promise<Found>;
}

/** How long a found credential is believed: a revoked one works so much longer, everywhere, and a changed role counts so much later. */
const believedMs = 4000;
const maxCached = 10_000;
/** The compact form of RFC 7515, section 3.1; its first part is always the base64url of `{"…`. */
const signedToken = /^eyJ[\w-]*\.[\w-]*\.[\w-]*$/;

/** Tells who a caller is by what it shows: an API key or an access token. */
export class Credentials {
  private readonly found = new LRUCache<string, { readonly caller: Caller; readonly until: number }>({
    max: maxCached,
  });

  constructor(
    private readonly keys: CredentialKind,
    private readonly tokens: CredentialKind,
    private readonly now: () => number,
  ) {}

  /** A credential that was looked up in the last seconds, without waiting; `undefined` when it has to be looked up. */
  known(credential: string): Caller | undefined {
    const cached = this.found.get(credential);
    return cached && cached.until > this.now() ? cached.caller : undefined;
  }

  /** Whose a credential was when it was last looked up, however long ago: good for taking turns and counting, and for nothing else. */
  lastFound(credential: string): Caller | undefined {
    return this.found.get(credential)?.caller;
  }

  /** @throws FailureError as `CredentialKind.find`. */
  async find(credential: string): Promise<Caller> {
    // From before it is looked up: what is revoked meanwhile may not be believed any longer than that.
    const until = this.now() + believedMs;
    // A key may be any text that an operator configured; a token always has three parts.
    const kind = signedToken.test(credential) ? this.tokens : this.keys;
    const { caller, expiresAtMs = Number.POSITIVE_INFINITY } = await kind.find(credential).catch((error: unknown) => {
      this.found.delete(credential);
      throw error;
    });
    this.found.set(credential, { caller, until: Math.min(until, expiresAtMs) });
    return caller;
  }
}

export function unauthenticated(message: string): FailureError {
  return FailureError.of('unauthenticated', message, {
    field: 'Authorization',
    details: { hint: 'Send an API key or an access token as "Authorization: Bearer …".' },
  });
}

/** A random text of 32 bytes after a prefix that says what it is. */
export function newSecret(prefix: string): string {
  return `${prefix}${randomBytes(32).toString('base64url')}`;
}

/** Secrets made by `newSecret` are long and random, so a plain hash is enough and costs nothing. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
