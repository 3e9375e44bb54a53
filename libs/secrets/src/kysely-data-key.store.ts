import { createDatabase, withDatabase } from '@treadle/persistence';
import type { Kysely } from 'kysely';
import type { Pool } from 'pg';
import type { DataKeyStore, WrappedDataKey } from './data-key-store.js';

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

  async rewrap(tenantId: string, { version, wrappedBy, bytes }: WrappedDataKey): Promise<void> {
    await withDatabase(() =>
      this.db
        .updateTable('data_key')
        .set({ wrapped_by: wrappedBy, bytes })
        .where('tenant_id', '=', tenantId)
        .where('version', '=', version)
        .execute(),
    );
  }
}
