import type { EndUser, EndUserStore } from '../domain/end-users.js';
import type { TenantDatabase } from './tenant-database.js';

export class KyselyEndUserStore implements EndUserStore {
  constructor(private readonly database: TenantDatabase) {}

  async add(tenantId: string, { id, workflowId, name }: Omit<EndUser, 'createdUnixMs'>): Promise<void> {
    await this.database.within(tenantId, (db) =>
      db
        .insertInto('end_user')
        .values({ id, tenant_id: tenantId, workflow_id: workflowId, name })
        .onConflict((conflict) => conflict.column('id').doNothing())
        .execute(),
    );
  }

  async get(tenantId: string, workflowId: string, id: string): Promise<EndUser | undefined> {
    const row = await this.database.within(tenantId, (db) =>
      db
        .selectFrom('end_user')
        .select(['id', 'workflow_id', 'name', 'created_at'])
        .where('tenant_id', '=', tenantId)
        .where('workflow_id', '=', workflowId)
        .where('id', '=', id)
        .executeTakeFirst(),
    );
    return row && { id: row.id, workflowId: row.workflow_id, name: row.name, createdUnixMs: row.created_at.getTime() };
  }
}
