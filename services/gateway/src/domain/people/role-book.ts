import { FailureError } from '@treadle/failure';
import { type Caller, mayGrant } from '../access/caller.js';
import type { Permission } from '../access/permissions.js';
import { builtInRoles, isBuiltInRole, permissionsOf } from '../access/roles.js';

export interface Role {
  readonly name: string;
  readonly permissions: readonly Permission[];
  readonly builtIn: boolean;
}

/** Calls may throw FailureError `unavailable`. */
export interface RoleStore {
  list(tenantId: string): Promise<readonly Role[]>;
  save(tenantId: string, name: string, permissions: readonly Permission[]): Promise<void>;
  /** @throws FailureError `invalid_argument` while somebody has it. */
  remove(tenantId: string, name: string): Promise<boolean>;
}

/** The roles of an organisation: the built-in ones, and its own. */
export class Roles {
  constructor(private readonly store: RoleStore) {}

  async list(tenantId: string): Promise<readonly Role[]> {
    const builtIn = Object.keys(builtInRoles).map((name) => ({
      name,
      permissions: [...permissionsOf(name, tenantId, undefined)],
      builtIn: true,
    }));
    return [...builtIn, ...(await this.store.list(tenantId))];
  }

  /** @throws FailureError `invalid_argument` for a role that does not exist. */
  async permissions(tenantId: string, role: string): Promise<ReadonlySet<Permission>> {
    if (isBuiltInRole(role)) return permissionsOf(role, tenantId, undefined);
    const found = (await this.store.list(tenantId)).find(({ name }) => name === role);
    if (!found) throw FailureError.of('invalid_argument', `There is no role "${role}".`, { field: 'role' });
    return new Set(found.permissions);
  }

  /** @throws FailureError `invalid_argument` for a built-in name, `permission_denied` for more than the caller has, or had it before. */
  async save(caller: Caller, name: string, permissions: readonly Permission[]): Promise<Role> {
    ownName(name);
    const before = (await this.store.list(caller.tenantId)).find((role) => role.name === name);
    mayGrant(caller, [...permissions, ...(before?.permissions ?? [])]);
    await this.store.save(caller.tenantId, name, permissions);
    return { name, permissions, builtIn: false };
  }

  /** @throws FailureError `not_found`, `invalid_argument` for a built-in role or one that somebody has, `permission_denied`. */
  async remove(caller: Caller, name: string): Promise<void> {
    ownName(name);
    const before = (await this.store.list(caller.tenantId)).find((role) => role.name === name);
    mayGrant(caller, before?.permissions ?? []);
    if (!(await this.store.remove(caller.tenantId, name)))
      throw FailureError.of('not_found', `There is no role "${name}".`, { field: 'name' });
  }
}

function ownName(name: string): void {
  if (isBuiltInRole(name))
    throw FailureError.of('invalid_argument', `"${name}" is built in. Choose another name.`, { field: 'name' });
}
