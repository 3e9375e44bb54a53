import { type FailureError } from '@treadle/failure';
import { type CryptoKey, decodeProtectedHeader, errors, jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import { unauthenticated } from '../../domain/access/credentials.js';
import { type AccessClaims, type AccessTokens, accessSeconds } from '../../domain/people/sessions.js';
import { algorithm, type SigningKeys } from './signing-keys.js';

/** Whom access tokens are for: the API of this installation. */
export const audience = 'treadle-api';
/** Tells access tokens from every other kind that might be signed one day. */
const type = 'at+jwt';

const claimsSchema = z.object({ sub: z.uuid(), org: z.string().min(1), sid: z.uuid(), exp: z.number() });

export class JoseAccessTokens implements AccessTokens {
  constructor(
    private readonly keys: SigningKeys,
    private readonly issuer: string,
    private readonly now: () => number,
  ) {}

  async sign({ userId, tenantId, sessionId }: AccessClaims): Promise<string> {
    const { kid, key } = await this.keys.toSign();
    const seconds = Math.floor(this.now() / 1000);
    return new SignJWT({ org: tenantId, sid: sessionId })
      .setProtectedHeader({ alg: algorithm, typ: type, kid })
      .setIssuer(this.issuer)
      .setAudience(audience)
      .setSubject(userId)
      .setIssuedAt(seconds)
      .setExpirationTime(seconds + accessSeconds)
      .sign(key);
  }

  async verify(token: string) {
    const key = await this.keyOf(token);
    try {
      const { payload } = await jwtVerify(token, key, {
        algorithms: [algorithm],
        issuer: this.issuer,
        audience,
        typ: type,
        requiredClaims: ['exp', 'iat', 'sub'],
        currentDate: new Date(this.now()),
      });
      const { sub, org, sid, exp } = claimsSchema.parse(payload);
      return { userId: sub, tenantId: org, sessionId: sid, expiresAtMs: exp * 1000 };
    } catch (error) {
      throw refused(error);
    }
  }

  /** The header says which key, never which algorithm or where a key might be. */
  private async keyOf(token: string): Promise<CryptoKey> {
    let kid: string | undefined;
    try {
      const header = decodeProtectedHeader(token);
      kid = header.alg === algorithm ? header.kid : undefined;
    } catch {
      kid = undefined;
    }
    const key = kid === undefined ? undefined : await this.keys.toVerify(kid);
    if (!key) throw unauthenticated('The credential is neither an API key nor an access token of this installation.');
    return key;
  }
}

function refused(error: unknown): FailureError {
  if (error instanceof errors.JWTExpired)
    return unauthenticated('The access token has expired. Refresh it with POST /api/v1/auth/refresh.');
  return unauthenticated('The access token is not valid here. Sign in again.');
}
