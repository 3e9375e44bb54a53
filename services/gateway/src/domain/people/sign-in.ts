import { FailureError } from '@treadle/failure';
import type { PasswordProof, Passwords } from './password-proof.js';
import type { AccessClaims, Device, Sessions, TokenPair } from './sessions.js';

/** Somebody as sign-in knows them. */
export interface KnownPerson {
  readonly userId: string;
  readonly passwordHash: string | undefined;
  /** The organisations that let them in, oldest membership first. */
  readonly tenantIds: readonly string[];
}

/** Calls may throw FailureError `unavailable`. */
export interface People {
  /** @param email in lower case. */
  byEmail(email: string): Promise<KnownPerson | undefined>;
  byId(userId: string): Promise<KnownPerson | undefined>;
  setPassword(userId: string, hash: string): Promise<void>;
}

export interface SignInRequest {
  /** In lower case. */
  readonly email: string;
  readonly password: string;
  /** Absent takes the organisation they have belonged to longest. */
  readonly organisation?: string | undefined;
}

/** Lets people in by their password. What is wrong is never told: neither whether somebody exists nor which part did not fit. */
export class SignIn {
  constructor(
    private readonly people: People,
    private readonly proof: PasswordProof,
    private readonly passwords: Passwords,
    private readonly sessions: Sessions,
  ) {}

  /** @throws FailureError `unauthenticated`, or `limit_exceeded` with the seconds to wait. */
  async byPassword({ email, password, organisation }: SignInRequest, device: Device): Promise<TokenPair> {
    const person = await this.people.byEmail(email);
    const holds = await this.proof.holds(email, person?.passwordHash, password, device.address);
    const tenantId = person?.tenantIds.find((id) => organisation === undefined || id === organisation);
    if (!person || !holds || tenantId === undefined) throw refused();
    return this.sessions.open({ tenantId, userId: person.userId }, device);
  }

  /** Changes one's own password; every other session ends. @throws FailureError `permission_denied` when the present one is wrong. */
  async changePassword(caller: AccessClaims, present: string, next: string, address: string): Promise<void> {
    const { userId, sessionId } = caller;
    const person = await this.people.byId(userId);
    if (!(await this.proof.holds(userId, person?.passwordHash, present, address)))
      throw FailureError.of('permission_denied', 'The present password is not that.', { field: 'current_password' });
    await this.people.setPassword(userId, await this.passwords.hash(next));
    await this.sessions.store.end(caller, { allBut: sessionId });
  }
}

function refused(): FailureError {
  return FailureError.of('unauthenticated', 'The e-mail address or the password is not right.', { field: 'password' });
}
