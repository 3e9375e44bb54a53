import { FailureError } from '@treadle/failure';
import { type Caller, mayGrant } from '../access/caller.js';
import { hashSecret, newSecret } from '../access/credentials.js';
import type { Permission } from '../access/permissions.js';
import type { PasswordProof, Passwords } from './password-proof.js';
import type { Roles } from './role-book.js';
import type { Device, Sessions, TokenPair } from './sessions.js';

/** How long an invitation may wait. */
const invitationDays = 7;

export interface User {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly role: string;
  readonly status: 'invited' | 'active' | 'disabled';
  readonly createdAt: Date;
  readonly lastSignInAt: Date | undefined;
}

export interface UserChange {
  readonly role?: string | undefined;
  readonly disabled?: boolean | undefined;
}

/** An invitation that is being accepted. */
export interface Invitation {
  readonly tenantId: string;
  readonly userId: string;
  readonly resetsPassword: boolean;
  readonly passwordHash: string | undefined;
  /** They came into another organisation already: whoever holds this invitation may not choose their password. */
  readonly belongsElsewhere: boolean;
}

/** Calls may throw FailureError `unavailable`. */
export interface UserStore {
  /** Members of a tenant after an e-mail address, by it. */
  list(tenantId: string, after: string, limit: number): Promise<readonly User[]>;
  get(tenantId: string, userId: string): Promise<User | undefined>;
  /** Adds a member who has not accepted yet; `undefined` when they are a member already. */
  add(tenantId: string, email: string, name: string, role: string): Promise<User | undefined>;
  /** @throws FailureError `invalid_argument` when no owner would be left. */
  change(tenantId: string, userId: string, change: UserChange): Promise<User | undefined>;
  /** Tells whether there was one. @throws FailureError `invalid_argument` when no owner would be left. */
  remove(tenantId: string, userId: string): Promise<boolean>;
  /** Whether they belong to no other tenant. */
  belongsHereOnly(tenantId: string, userId: string): Promise<boolean>;
  /** Replaces earlier invitations of the same member. */
  invite(tenantId: string, userId: string, hash: string, resetsPassword: boolean, expiresAt: Date): Promise<void>;
  findInvitation(hash: string): Promise<Invitation | undefined>;
  /** Uses an invitation up and lets its member in; `false` when somebody was faster. */
  accept(hash: string, passwordHash: string): Promise<boolean>;
}

export interface Invited {
  readonly user: User;
  /** Told once. Whoever has it may come in as this user. */
  readonly token: string;
  readonly expiresAt: Date;
}

/** Who belongs to an organisation. Nobody gives, changes or takes away more than they may do themselves. */
export class Users {
  constructor(
    readonly store: UserStore,
    private readonly roles: Roles,
    private readonly passwords: Passwords,
    private readonly proof: PasswordProof,
    private readonly sessions: Sessions,
    private readonly now: () => number,
  ) {}

  /** @throws FailureError `already_exists`, `invalid_argument` for an unknown role, `permission_denied`. */
  async invite(caller: Caller, email: string, name: string, role: string): Promise<Invited> {
    await this.mayGive(caller, role);
    const user = await this.store.add(caller.tenantId, email, name, role);
    if (!user)
      throw FailureError.of('already_exists', `${email} belongs to the organisation already.`, { field: 'email' });
    return this.token(caller.tenantId, user, false);
  }

  /**
   * A new invitation for somebody who has not come yet, or a way to set a new password.
   * @throws FailureError `not_found`, `permission_denied` also where the person belongs to other organisations, whose people they are too.
   */
  async inviteAgain(caller: Caller, userId: string): Promise<Invited> {
    const user = await this.get(caller.tenantId, userId);
    await this.mayGive(caller, user.role);
    const resets = user.status !== 'invited';
    if (resets && !(await this.store.belongsHereOnly(caller.tenantId, userId)))
      throw FailureError.of('permission_denied', 'They belong to other organisations too and keep their password.');
    return this.token(caller.tenantId, user, resets);
  }

  /** @throws FailureError `not_found`, `invalid_argument`, `permission_denied`. */
  async change(caller: Caller, userId: string, change: UserChange): Promise<User> {
    const user = await this.get(caller.tenantId, userId);
    await this.mayGive(caller, user.role);
    if (change.role !== undefined) await this.mayGive(caller, change.role);
    const changed = await this.store.change(caller.tenantId, userId, change);
    return changed ?? missing(userId);
  }

  /** They are let in no longer, within five seconds. @throws FailureError `not_found`, `invalid_argument`, `permission_denied`. */
  async remove(caller: Caller, userId: string): Promise<void> {
    const user = await this.get(caller.tenantId, userId);
    await this.mayGive(caller, user.role);
    if (!(await this.store.remove(caller.tenantId, userId))) missing(userId);
  }

  async get(tenantId: string, userId: string): Promise<User> {
    return (await this.store.get(tenantId, userId)) ?? missing(userId);
  }

  /**
   * Lets somebody in who was invited. Who is known here already shows their password; others choose one.
   * @throws FailureError `not_found` for an invitation that is unknown, used or over; `permission_denied` for a wrong password.
   */
  async accept(token: string, password: string, device: Device): Promise<TokenPair> {
    const hash = hashSecret(token);
    const invitation = await this.store.findInvitation(hash);
    if (!invitation) throw noInvitation();
    const { tenantId, userId, resetsPassword } = invitation;
    const kept = await this.passwordFor(invitation, password, device.address);
    if (!(await this.store.accept(hash, kept))) throw noInvitation();
    if (resetsPassword) await this.sessions.store.end({ tenantId, userId }, { allBut: noSession });
    return this.sessions.open({ tenantId, userId }, device);
  }

  private async passwordFor(invitation: Invitation, password: string, address: string): Promise<string> {
    const { userId, passwordHash, resetsPassword, belongsElsewhere } = invitation;
    if (!belongsElsewhere && (resetsPassword || passwordHash === undefined)) return this.passwords.hash(password);
    if (passwordHash !== undefined && (await this.proof.holds(userId, passwordHash, password, address)))
      return passwordHash;
    const message = 'They have an account here already. Give its password, or sign in as always.';
    throw FailureError.of('permission_denied', message, { field: 'password' });
  }

  private async mayGive(caller: Caller, role: string): Promise<void> {
    const permissions: ReadonlySet<Permission> = await this.roles.permissions(caller.tenantId, role);
    mayGrant(caller, [...permissions]);
  }

  private async token(tenantId: string, user: User, resetsPassword: boolean): Promise<Invited> {
    const token = newSecret('ti_');
    const expiresAt = new Date(this.now() + invitationDays * 86_400_000);
    await this.store.invite(tenantId, user.id, hashSecret(token), resetsPassword, expiresAt);
    return { user, token, expiresAt };
  }
}

/** The id of no session. */
const noSession = '00000000-0000-0000-0000-000000000000';

function missing(userId: string): never {
  throw FailureError.of('not_found', `There is no user ${userId.slice(0, 100)}.`, { field: 'id' });
}

function noInvitation(): FailureError {
  return FailureError.of('not_found', 'The invitation is unknown, was used or is over. Ask for a new one.', {
    field: 'token',
  });
}
