import { FailureError } from '@treadle/failure';
import { isPermission, type Permission } from '../../domain/access/permissions.js';
import type { Role, RoleStore } from '../../domain/people/role-book.js';
import type { TenantDatabase } from '../tenant-database.js';

export class KyselyRoleStore implements RoleStore {
  constructor(private readonly database: TenantDatabase) {}

  async list(tenantId: string): Promise<readonly Role[]> {
    const rows = await this.database.within(tenantId, (db) =>
      db.selectFrom('role').select(['name', 'permissions']).where('tenant_id', '=', tenantId).orderBy('name').execute(),
    );
    return rows.map(({ name, permissions }) => ({
      name,
      permissions: permissions.filter(isPermission),
      builtIn: false,
    }));
  }

  async save(tenantId: string, name: string, permissions: readonly Permission[]): Promise<void> {
    const held = { permissions: [...permissions] };
    await this.database.within(tenantId, (db) =>
      db
        .insertInto('role')
        .values({ tenant_id: tenantId, name, ...held })
        .onConflict((conflict) => conflict.columns(['tenant_id', 'name']).doUpdateSet(held))
        .execute(),
    );
  }

  async remove(tenantId: string, name: string): Promise<boolean> {
    return this.database.within(tenantId, async (db) => {
      const holder = await db
        .selectFrom('membership')
        .select('user_id')
        .where('tenant_id', '=', tenantId)
        .where('role', '=', name)
        .executeTakeFirst();
      if (holder)
        throw FailureError.of('invalid_argument', `Somebody has the role "${name}". Give them another one first.`, {
          field: 'name',
        });
      const { numDeletedRows } = await db
        .deleteFrom('role')
        .where('tenant_id', '=', tenantId)
        .where('name', '=', name)
        .executeTakeFirstOrThrow();
      return numDeletedRows > 0n;
    });
  }
}
