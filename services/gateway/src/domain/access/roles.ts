import { allPermissions, type Permission } from './permissions.js';

/** Who belongs here and what they did is told to admins. */
const aboutPeople: readonly Permission[] = ['audit:read', 'users:read'];

const reading = allPermissions.filter((name) => name.endsWith(':read') && !aboutPeople.includes(name));

const operating: readonly Permission[] = [
  ...reading,
  'approvals:answer',
  'conversations:write',
  'files:write',
  'models:call',
  'runs:cancel',
  'runs:start',
  'tools:call',
  'triggers:manage',
];

const editing: readonly Permission[] = [...operating, 'datasets:write', 'tools:manage', 'workflows:write'];

const owning = allPermissions.filter((name) => name !== 'installation:manage');

/** The roles every organisation has. Each holds all of the one before it. */
export const builtInRoles = {
  viewer: reading,
  operator: operating,
  editor: editing,
  admin: owning.filter((name) => name !== 'organisation:manage'),
  owner: owning,
} as const satisfies Record<string, readonly Permission[]>;

export type BuiltInRole = keyof typeof builtInRoles;

export function isBuiltInRole(name: string): name is BuiltInRole {
  return Object.hasOwn(builtInRoles, name);
}

/** The organisation an installation begins with; its owners may make others. */
export const firstTenant = 'default';

/** What the owner of an organisation may do. */
export function ownerPermissions(tenantId: string): ReadonlySet<Permission> {
  return new Set(tenantId === firstTenant ? allPermissions : owning);
}

/**
 * What a role of an organisation holds.
 * @param custom the permissions of the organisation's own role of that name, if there is one; names that are built in are never looked up there.
 */
export function permissionsOf(
  role: string,
  tenantId: string,
  custom: readonly Permission[] | undefined,
): ReadonlySet<Permission> {
  if (role === 'owner') return ownerPermissions(tenantId);
  return new Set(isBuiltInRole(role) ? builtInRoles[role] : custom);
}
