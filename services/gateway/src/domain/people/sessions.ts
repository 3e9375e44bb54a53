import { type CredentialKind, type Found, hashSecret, newSecret, unauthenticated } from '../access/credentials.js';
import type { Permission } from '../access/permissions.js';

/** How long an access token is good. Short: whoever copies one has little of it. */
export const accessSeconds = 15 * 60;
/** How long a session lives, however often it is refreshed. */
export const sessionDays = 30;

/** What an access token says. */
export interface AccessClaims {
  readonly userId: string;
  readonly tenantId: string;
  readonly sessionId: string;
}

/** Makes and reads access tokens. */
export interface AccessTokens {
  sign(claims: AccessClaims): Promise<string>;
  /** @throws FailureError `unauthenticated` for everything but a token of this installation that has not expired. */
  verify(token: string): Promise<AccessClaims & { readonly expiresAtMs: number }>;
}

/** Where somebody signs in from, for the list of their sessions. */
export interface Device {
  readonly address: string;
  readonly agent: string;
}

export interface Session {
  readonly id: string;
  readonly address: string;
  readonly agent: string;
  readonly createdAt: Date;
  readonly refreshedAt: Date;
  readonly expiresAt: Date;
}

/** Calls may throw FailureError `unavailable`. */
export interface SessionStore {
  open(member: Member, refreshHash: string, expiresAt: Date, device: Device): Promise<string>;
  /** Whose refresh token it was, after it was replaced. A token that was used before ends its session. */
  refresh(usedHash: string, newHash: string): Promise<AccessClaims | undefined>;
  /** What the member may do, while the session and the membership last. */
  permissions(claims: AccessClaims): Promise<ReadonlySet<Permission> | undefined>;
  list(member: Member): Promise<readonly Session[]>;
  /** Ends one session of a member, or all but one; tells how many. */
  end(member: Member, which: { readonly sessionId: string } | { readonly allBut: string }): Promise<number>;
}

export interface Member {
  readonly tenantId: string;
  readonly userId: string;
}

/** What somebody who has signed in is given. */
export interface TokenPair {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly member: Member;
}

/** Sessions of people: an access token for some minutes, and a refresh token that is good once. */
export class Sessions implements CredentialKind {
  constructor(
    readonly store: SessionStore,
    private readonly tokens: AccessTokens,
    private readonly now: () => number,
  ) {}

  async open(member: Member, device: Device): Promise<TokenPair> {
    const refreshToken = newSecret('tr_');
    const expiresAt = new Date(this.now() + sessionDays * 86_400_000);
    const sessionId = await this.store.open(member, hashSecret(refreshToken), expiresAt, device);
    const accessToken = await this.tokens.sign({ ...member, sessionId });
    return { accessToken, refreshToken, member };
  }

  /** @throws FailureError `unauthenticated` when the token is unknown, was used before (its session ends), or its session is over. */
  async refresh(used: string): Promise<TokenPair> {
    const refreshToken = newSecret('tr_');
    const claims = await this.store.refresh(hashSecret(used), hashSecret(refreshToken));
    if (!claims) throw unauthenticated('The session is over, or its refresh token was used before. Sign in again.');
    const { userId, tenantId } = claims;
    return { accessToken: await this.tokens.sign(claims), refreshToken, member: { userId, tenantId } };
  }

  async find(token: string): Promise<Found> {
    const { expiresAtMs, ...claims } = await this.tokens.verify(token);
    const permissions = await this.store.permissions(claims);
    if (!permissions) throw unauthenticated('The session is over. Sign in again.');
    const { userId, tenantId, sessionId } = claims;
    return { caller: { tenantId, permissions, by: { userId, sessionId } }, expiresAtMs };
  }
}
