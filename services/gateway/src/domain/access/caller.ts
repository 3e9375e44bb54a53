import { FailureError } from '@treadle/failure';
import { type Permission, permissions } from './permissions.js';

/** The one thing that a bound API key is for. */
export type Bound = { readonly workflowId: string } | { readonly datasetId: string };

/** Who sends a request, and what they may do. */
export interface Caller {
  readonly tenantId: string;
  readonly permissions: ReadonlySet<Permission>;
  /** A person by one of their sessions, or an API key. */
  readonly by: { readonly userId: string; readonly sessionId: string } | { readonly keyId: string };
  /** Absent for callers that are let at everything of their organisation. */
  readonly bound?: Bound;
}

/** How logs name a caller. */
export function callerName({ by }: Caller): string {
  return 'keyId' in by ? `key:${by.keyId}` : `user:${by.userId}`;
}

/** @throws FailureError `permission_denied` that names what is missing and who can help. */
export function require(caller: Caller, permission: Permission): void {
  if (caller.permissions.has(permission)) return;
  const message = `This needs the permission ${permission} (${permissions[permission].replace(/\.$/, '')}).`;
  const hint =
    'keyId' in caller.by
      ? `Use an API key whose scopes include ${permission}.`
      : `Ask an admin of your organisation for a role with ${permission}.`;
  throw FailureError.of('permission_denied', `${message} ${hint}`, { details: { permission, hint } });
}

/**
 * Nobody hands on more than they have.
 * @throws FailureError `permission_denied` that lists what the caller lacks.
 */
export function mayGrant(caller: Caller, permissions: readonly Permission[]): void {
  const lacking = permissions.filter((permission) => !caller.permissions.has(permission));
  if (lacking.length === 0) return;
  const message = `You cannot give, change or take away what you may not do yourself: ${lacking.join(', ')}.`;
  const hint = 'Ask an owner of your organisation.';
  throw FailureError.of('permission_denied', `${message} ${hint}`, { details: { permission: lacking[0], hint } });
}
