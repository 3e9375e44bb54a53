import { createDatabase, withDatabase } from '@treadle/persistence';
import { type Kysely, sql } from 'kysely';
import type { Pool } from 'pg';
import type { DataKeyName, DataKeyStore, OwnedDataKey, WrappedDataKey } from './data-key-store.js';

interface Tables {
  data_key: { tenant_id: string; version: number; wrapped_by: string; bytes: Buffer };
}

/** Wrapped data keys beside what they seal: in the table `data_key` of the service's schema, which the service's migrations make. */
export class KyselyDataKeyStore implements DataKeyStore {
  private readonly db: Kysely<Tables>;

  constructor(pool: Pool) {
    this.db = createDatabase<Tables>(pool);
  }

  async find(tenantId: string): Promise<readonly WrappedDataKey[]> {
    return withDatabase(() =>
      this.db
        .selectFrom('data_key')
        .select(['version', 'wrapped_by as wrappedBy', 'bytes'])
        .where('tenant_id', '=', tenantId)
        .execute(),
    );
  }

  async add(tenantId: string, { version, wrappedBy, bytes }: WrappedDataKey): Promise<void> {
    const row = { tenant_id: tenantId, version, wrapped_by: wrappedBy, bytes };
    await withDatabase(() =>
      this.db
        .insertInto('data_key')
        .values(row)
        .onConflict((conflict) => conflict.doNothing())
        .execute(),
    );
  }

  async rewrap(keys: readonly OwnedDataKey[]): Promise<void> {
    const column = <T>(read: (key: OwnedDataKey) => T) => keys.map(read);
    await withDatabase(() =>
      sql`
        update data_key set wrapped_by = fresh.wrapped_by, bytes = fresh.bytes
        from unnest(
          ${column(({ tenantId }) => tenantId)}::text[], ${column(({ version }) => version)}::integer[],
          ${column(({ wrappedBy }) => wrappedBy)}::text[], ${column(({ bytes }) => bytes)}::bytea[]
        ) as fresh (tenant_id, version, wrapped_by, bytes)
        where data_key.tenant_id = fresh.tenant_id and data_key.version = fresh.version`.execute(this.db),
    );
  }

  async countOthers(wrappedBy: string): Promise<number> {
    const { count } = await withDatabase(() =>
      this.db
        .selectFrom('data_key')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .where('wrapped_by', '!=', wrappedBy)
        .executeTakeFirstOrThrow(),
    );
    return count;
  }

  async findOthers(wrappedBy: string, after: DataKeyName | undefined, limit: number): Promise<readonly OwnedDataKey[]> {
    const others = this.db
      .selectFrom('data_key')
      .select(['tenant_id as tenantId', 'version', 'wrapped_by as wrappedBy', 'bytes'])
      .where('wrapped_by', '!=', wrappedBy)
      .orderBy('tenant_id')
      .orderBy('version')
      .limit(limit);
    const later = after && sql<boolean>`(tenant_id, version) > (${after.tenantId}, ${after.version}::integer)`;
    return withDatabase(() => (later ? others.where(later) : others).execute());
  }
}
