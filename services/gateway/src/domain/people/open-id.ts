import { FailureError } from '@treadle/failure';
import { hashSecret, newSecret } from '../access/credentials.js';
import type { Device, Member, Sessions, TokenPair } from './sessions.js';

/** What the provider says of somebody. */
export interface OpenIdClaims {
  readonly issuer: string;
  readonly subject: string;
  /** In lower case; absent unless the provider says that it has verified it. */
  readonly verifiedEmail: string | undefined;
  readonly name: string;
  /** What its claim for roles holds; empty without one. */
  readonly groups: readonly string[];
}

/** One OpenID provider. */
export interface OpenIdProvider {
  /** Where the browser goes. @throws FailureError `unavailable` when the provider cannot be reached. */
  authorizationUrl(attempt: OpenIdAttempt & { readonly state: string }): Promise<string>;
  /** Trades the code. @throws FailureError `unauthenticated` when the provider, the state or the nonce does not agree. */
  claims(attempt: OpenIdAttempt, answer: OpenIdAnswer): Promise<OpenIdClaims>;
}

/** What the provider sends people back with. */
export interface OpenIdAnswer {
  readonly code: string;
  /** Who says that it answers; providers may leave it out. */
  readonly iss: string | undefined;
}

/** What is remembered between the two halves of a sign-in. */
export interface OpenIdAttempt {
  readonly nonce: string;
  /** Of PKCE: shows that who brings the code is who began. */
  readonly verifier: string;
  readonly redirectUri: string;
}

export interface OpenIdRules {
  /** The organisation that people of the provider belong to. */
  readonly tenantId: string;
  /** What somebody becomes who comes for the first time; absent lets in only who was invited. */
  readonly defaultRole: string | undefined;
  /** Roles by what the claim for roles holds; the first that fits. */
  readonly roles: ReadonlyMap<string, string>;
  /** Beginnings of the addresses that the provider may send people back to. */
  readonly redirects: readonly string[];
}

/** Calls may throw FailureError `unavailable`. */
export interface OpenIdStore {
  remember(stateHash: string, binderHash: string, attempt: OpenIdAttempt, expiresAt: Date): Promise<void>;
  /** Gives an attempt once, to who has both halves. */
  take(stateHash: string, binderHash: string): Promise<OpenIdAttempt | undefined>;
  /**
   * The member that somebody of the provider is: by what they are called there, else by a verified e-mail address, else, with a role, a
   * new one. `undefined` when they are not to come in. A given role replaces the one they have.
   */
  admit(tenantId: string, claims: OpenIdClaims, roles: { given?: string; first?: string }): Promise<Member | undefined>;
}

const attemptMinutes = 10;

/** Signs people in who are known to an OpenID provider: authorization code with PKCE, state and nonce. */
export class OpenIdSignIn {
  constructor(
    private readonly provider: OpenIdProvider,
    private readonly rules: OpenIdRules,
    private readonly store: OpenIdStore,
    private readonly sessions: Sessions,
    private readonly now: () => number,
  ) {}

  /**
   * Begins. Who began keeps the binder and shows it at the end: a code that somebody else slips them opens nothing.
   * @throws FailureError `invalid_argument` for an address that people are not sent back to.
   */
  async begin(redirectUri: string): Promise<{ readonly url: string; readonly binder: string }> {
    this.checkRedirect(redirectUri);
    const [state, binder, nonce] = [newSecret(''), newSecret(''), newSecret('')];
    const attempt = { nonce, verifier: newSecret(''), redirectUri };
    const expiresAt = new Date(this.now() + attemptMinutes * 60_000);
    await this.store.remember(hashSecret(state), hashSecret(binder), attempt, expiresAt);
    return { url: await this.provider.authorizationUrl({ ...attempt, state }), binder };
  }

  /** @throws FailureError `unauthenticated` for an attempt that is unknown, used or over; `permission_denied` for who is not to come in. */
  async finish(state: string, binder: string, answer: OpenIdAnswer, device: Device): Promise<TokenPair> {
    const attempt = await this.store.take(hashSecret(state), hashSecret(binder));
    if (!attempt)
      throw FailureError.of('unauthenticated', 'This sign-in is unknown, was finished or took too long. Begin again.');
    const claims = await this.provider.claims(attempt, answer);
    const given = claims.groups.map((group) => this.rules.roles.get(group)).find((role) => role !== undefined);
    const first = given ?? this.rules.defaultRole;
    const member = await this.store.admit(this.rules.tenantId, claims, {
      ...(given && { given }),
      ...(first && { first }),
    });
    if (!member) throw notInvited(claims);
    return this.sessions.open(member, device);
  }

  private checkRedirect(redirectUri: string): void {
    const { protocol, hostname, hash } = new URL(redirectUri);
    // Tools on a person's own machine take any free port.
    const own = protocol === 'http:' && (hostname === '127.0.0.1' || hostname === '[::1]');
    const known = this.rules.redirects.some((begin) => redirectUri === begin || redirectUri.startsWith(`${begin}/`));
    if ((own || known) && hash === '') return;
    const message = 'People are not sent back to this address. Use one below the public address of this installation.';
    throw FailureError.of('invalid_argument', message, { field: 'redirect_uri' });
  }
}

function notInvited({ verifiedEmail }: OpenIdClaims): FailureError {
  const message =
    verifiedEmail === undefined
      ? 'The provider has not verified your e-mail address, so nobody here can be found by it.'
      : `${verifiedEmail} is not let in here. Ask for an invitation.`;
  return FailureError.of('permission_denied', message);
}
