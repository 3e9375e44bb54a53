import type { Organisation } from '../../domain/people/organisations.js';
import type { Role } from '../../domain/people/role-book.js';
import type { Invited, User } from '../../domain/people/users.js';

export function userView({ id, email, name, role, status, createdAt, lastSignInAt }: User) {
  const times = { created_at: createdAt.toISOString(), last_sign_in_at: lastSignInAt?.toISOString() ?? null };
  return { id, email, name, role, status, ...times };
}

export function invitedView({ user, token, expiresAt }: Invited) {
  return { ...userView(user), invitation: { token, expires_at: expiresAt.toISOString() } };
}

export function roleView({ name, permissions, builtIn }: Role) {
  return { name, permissions, built_in: builtIn };
}

export function organisationView({ id, name, createdAt }: Organisation) {
  return { id, name, created_at: createdAt.toISOString() };
}
