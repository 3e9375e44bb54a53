import { withDatabase } from '@treadle/persistence';
import { sql } from 'kysely';
import type { KnownPerson, People } from '../../domain/people/sign-in.js';
import type { TenantDatabase } from '../tenant-database.js';

/** People across organisations: only those who show their own credential are looked up here. */
export class KyselyPeople implements People {
  constructor(private readonly database: TenantDatabase) {}

  byEmail(email: string): Promise<KnownPerson | undefined> {
    return this.find('email', email);
  }

  byId(userId: string): Promise<KnownPerson | undefined> {
    return this.find('id', userId);
  }

  async setPassword(userId: string, hash: string): Promise<void> {
    await withDatabase(() =>
      this.database.everything.updateTable('person').set({ password_hash: hash }).where('id', '=', userId).execute(),
    );
  }

  private async find(column: 'email' | 'id', value: string): Promise<KnownPerson | undefined> {
    const row = await withDatabase(() =>
      this.database.everything
        .selectFrom('person')
        .select(['id', 'password_hash'])
        .select((query) =>
          query
            .selectFrom('membership')
            .select(sql<string[]>`coalesce(array_agg(tenant_id order by created_at), '{}')`.as('ids'))
            .whereRef('user_id', '=', 'person.id')
            .where('accepted_at', 'is not', null)
            .where('disabled_at', 'is', null)
            .as('tenantIds'),
        )
        .where(column, '=', value)
        .executeTakeFirst(),
    );
    return row && { userId: row.id, passwordHash: row.password_hash ?? undefined, tenantIds: row.tenantIds ?? [] };
  }
}
