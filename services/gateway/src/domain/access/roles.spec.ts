import { describe, expect, it } from 'vitest';
import { allPermissions } from './permissions.js';
import { builtInRoles, ownerPermissions } from './roles.js';

describe('the roles every organisation has', () => {
  it('each hold all of the one before', () => {
    const inOrder = Object.values(builtInRoles);
    for (const [index, role] of inOrder.entries()) {
      const before: readonly string[] = inOrder[index - 1] ?? [];
      expect(role).toEqual(expect.arrayContaining([...before]));
      expect(role.length).toBeGreaterThan(before.length);
    }
  });

  it('let a viewer change nothing', () => {
    expect(builtInRoles.viewer.filter((name) => !name.endsWith(':read'))).toEqual([]);
  });

  it('leave only the installation itself to the owners of the first organisation', () => {
    expect([...ownerPermissions('default')]).toEqual(allPermissions);
    expect(allPermissions.filter((name) => !ownerPermissions('acme').has(name))).toEqual(['installation:manage']);
  });
});
