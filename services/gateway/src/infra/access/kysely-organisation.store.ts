import { withDatabase } from '@treadle/persistence';
import type { Organisation, OrganisationStore } from '../../domain/people/organisations.js';
import type { TenantDatabase } from '../tenant-database.js';

const columns = ['id', 'name', 'created_at as createdAt'] as const;

export class KyselyOrganisationStore implements OrganisationStore {
  constructor(private readonly database: TenantDatabase) {}

  get(tenantId: string): Promise<Organisation | undefined> {
    return this.database.within(tenantId, (db) =>
      db.selectFrom('organisation').select(columns).where('id', '=', tenantId).executeTakeFirst(),
    );
  }

  rename(tenantId: string, name: string): Promise<Organisation | undefined> {
    return this.database.within(tenantId, (db) =>
      db.updateTable('organisation').set({ name }).where('id', '=', tenantId).returning(columns).executeTakeFirst(),
    );
  }

  create(id: string, name: string): Promise<Organisation> {
    return withDatabase(() =>
      this.database.everything
        .insertInto('organisation')
        .values({ id, name })
        .returning(columns)
        .executeTakeFirstOrThrow(),
    );
  }
}
