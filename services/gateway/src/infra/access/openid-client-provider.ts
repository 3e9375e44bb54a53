import { FailureError } from '@treadle/failure';
import * as client from 'openid-client';
import { z } from 'zod';
import type { OpenIdAnswer, OpenIdAttempt, OpenIdClaims, OpenIdProvider } from '../../domain/people/open-id.js';

export interface OpenIdClientOptions {
  readonly issuer: string;
  readonly clientId: string;
  /** Absent for a public client. */
  readonly clientSecret: string | undefined;
  /** The claim that says what somebody may do; empty without one. */
  readonly rolesClaim: string;
}

const claimsSchema = z.object({
  iss: z.string(),
  sub: z.string().min(1).max(500),
  email: z.email().max(300).optional(),
  email_verified: z.boolean().optional(),
  name: z.string().optional(),
});

/** Any provider with discovery. It is asked again after each failure to reach it. */
export class OpenIdClientProvider implements OpenIdProvider {
  private discovered: Promise<client.Configuration> | undefined;

  constructor(private readonly options: OpenIdClientOptions) {}

  async authorizationUrl({
    state,
    nonce,
    verifier,
    redirectUri,
  }: OpenIdAttempt & { readonly state: string }): Promise<string> {
    const url = client.buildAuthorizationUrl(await this.configuration(), {
      redirect_uri: redirectUri,
      scope: 'openid email profile',
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
      nonce,
    });
    return url.href;
  }

  async claims({ nonce, verifier, redirectUri }: OpenIdAttempt, { code, iss }: OpenIdAnswer): Promise<OpenIdClaims> {
    const configuration = await this.configuration();
    const answer = new URL(redirectUri);
    answer.searchParams.set('code', code);
    if (iss !== undefined) answer.searchParams.set('iss', iss);
    try {
      const tokens = await client.authorizationCodeGrant(configuration, answer, {
        pkceCodeVerifier: verifier,
        expectedNonce: nonce,
        // The state is what this attempt was found by.
        expectedState: client.skipStateCheck,
        idTokenExpected: true,
      });
      const subject = tokens.claims()?.sub ?? '';
      const more = configuration.serverMetadata().userinfo_endpoint
        ? await client.fetchUserInfo(configuration, tokens.access_token, subject)
        : {};
      return this.read({ ...more, ...tokens.claims() });
    } catch (error) {
      throw unreachable(error) ?? refused(error);
    }
  }

  private read(raw: Record<string, unknown>): OpenIdClaims {
    const { iss, sub, email, email_verified, name } = claimsSchema.parse(raw);
    const held: unknown = raw[this.options.rolesClaim];
    const groups = [held].flat().filter((one): one is string => typeof one === 'string');
    const verifiedEmail = email_verified === true ? email?.toLowerCase() : undefined;
    return { issuer: iss, subject: sub, verifiedEmail, name: name?.slice(0, 200) ?? '', groups };
  }

  private configuration(): Promise<client.Configuration> {
    const { issuer, clientId, clientSecret } = this.options;
    const url = new URL(issuer);
    // Without TLS only on this machine.
    const local = url.protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
    const execute = local ? [client.allowInsecureRequests] : [];
    const authentication = clientSecret === undefined ? client.None() : undefined;
    const asked = (this.discovered ??= client.discovery(url, clientId, clientSecret, authentication, {
      execute,
      timeout: 10,
    }));
    return asked.catch((error: unknown) => {
      this.discovered = undefined;
      const reason = error instanceof Error ? error.message : String(error);
      const message = `The OpenID provider ${issuer} cannot be asked: ${reason}. Try again; if it stays so, check TREADLE_OPENID_ISSUER.`;
      throw FailureError.of('unavailable', message, {}, { cause: error });
    });
  }
}

function unreachable(error: unknown): FailureError | undefined {
  if (!(error instanceof client.ClientError) || error.code !== 'OAUTH_TIMEOUT') return undefined;
  return FailureError.of('unavailable', 'The OpenID provider does not answer. Try again.', {}, { cause: error });
}

function refused(error: unknown): FailureError {
  const message = 'The OpenID provider has not confirmed who you are. Begin again.';
  return FailureError.of('unauthenticated', message, {}, { cause: error });
}
