import { Secret } from '@treadle/config';
import type { Vault } from '@treadle/secrets';
import { LRUCache } from 'lru-cache';
import type { Secrets } from './credential-values.js';
import type { FetchedToken, FetchToken } from './fetch-token.js';
import { type CredentialStore, credentialPurpose, type SealedCredential, tokenPurpose } from './sealed-credential.js';

interface KnownToken {
  readonly value: Secret;
  /** Milliseconds since the epoch; when it is renewed. */
  readonly renewAt: number;
}

export interface TokenParts {
  readonly vault: Vault;
  readonly store: CredentialStore;
  readonly fetch: FetchToken;
  readonly now: () => number;
}

/** A token is renewed this long before its end, or after four fifths of a short life. */
const earlyMs = 60_000;

/** OAuth2 tokens: kept in memory and sealed beside their credential, and renewed by one process at a time. */
export class Tokens {
  private readonly known = new LRUCache<string, KnownToken>({ max: 10_000 });
  private readonly renewing = new Map<string, Promise<KnownToken>>();

  constructor(private readonly parts: TokenParts) {}

  /** @throws FailureError `credential_refused` where the endpoint gives none, `tool_unavailable` where it cannot be reached. */
  async token(tenantId: string, sealed: SealedCredential): Promise<Secret> {
    const name = JSON.stringify([tenantId, sealed.toolset, sealed.revision]);
    const known = this.known.get(name);
    if (known && known.renewAt > this.parts.now()) return known.value;
    const renewing = this.renewing.get(name) ?? this.renew(name, tenantId, sealed);
    return (await renewing).value;
  }

  private renew(name: string, tenantId: string, sealed: SealedCredential): Promise<KnownToken> {
    const renewing = this.storedOrFetched(tenantId, sealed)
      .then((token) => {
        this.known.set(name, token);
        return token;
      })
      .finally(() => this.renewing.delete(name));
    this.renewing.set(name, renewing);
    return renewing;
  }

  private async storedOrFetched(tenantId: string, sealed: SealedCredential): Promise<KnownToken> {
    const stored = await this.stored(tenantId, sealed);
    if (stored) return stored;
    let fetched: KnownToken | undefined;
    await this.parts.store.renewToken(tenantId, sealed.toolset, async (current) => {
      // Another replica may have renewed it while this one waited for its turn.
      fetched = await this.stored(tenantId, current);
      if (fetched) return {};
      const opened = await this.parts.vault.open(tenantId, credentialPurpose(current), current.sealed);
      const secrets = JSON.parse(opened.reveal()) as Secrets;
      const token = await this.parts.fetch(tenantId, current, secrets);
      fetched = this.toKnown(token);
      return this.sealedForm(tenantId, current, secrets, token);
    });
    // Deleted in the meantime: the call that is under way is the last to use it.
    return fetched ?? this.toKnown(await this.fetchOnce(tenantId, sealed));
  }

  private async fetchOnce(tenantId: string, sealed: SealedCredential): Promise<FetchedToken> {
    const opened = await this.parts.vault.open(tenantId, credentialPurpose(sealed), sealed.sealed);
    return this.parts.fetch(tenantId, sealed, JSON.parse(opened.reveal()) as Secrets);
  }

  private async sealedForm(tenantId: string, current: SealedCredential, secrets: Secrets, token: FetchedToken) {
    const kept = JSON.stringify({ token: token.accessToken.reveal(), ...token.lifetime });
    const sealedToken = await this.parts.vault.seal(tenantId, tokenPurpose(current), kept);
    const { refreshToken } = token;
    if (refreshToken === undefined || refreshToken.reveal() === secrets['refresh_token']) return { sealedToken };
    const renewed = JSON.stringify({ ...secrets, refresh_token: refreshToken.reveal() });
    return { sealedToken, sealed: await this.parts.vault.seal(tenantId, credentialPurpose(current), renewed) };
  }

  private async stored(tenantId: string, sealed: SealedCredential): Promise<KnownToken | undefined> {
    if (sealed.sealedToken === undefined) return undefined;
    const opened = await this.parts.vault.open(tenantId, tokenPurpose(sealed), sealed.sealedToken);
    const { token, fetchedAt, expiresAt } = JSON.parse(opened.reveal()) as Kept;
    const known = this.toKnown({ accessToken: new Secret(token), lifetime: { fetchedAt, expiresAt } });
    return known.renewAt > this.parts.now() ? known : undefined;
  }

  private toKnown({ accessToken, lifetime }: Pick<FetchedToken, 'accessToken' | 'lifetime'>): KnownToken {
    const { fetchedAt, expiresAt } = lifetime;
    return { value: accessToken, renewAt: expiresAt - Math.min(earlyMs, (expiresAt - fetchedAt) / 5) };
  }
}

interface Kept {
  readonly token: string;
  readonly fetchedAt: number;
  readonly expiresAt: number;
}
