import { createDatabase, withDatabase } from '@treadle/persistence';
import { type Generated, type Kysely, sql } from 'kysely';
import type { Pool } from 'pg';
import type { ApiKeyStore, NewKey, StoredKey } from '../domain/api-key.js';

interface Tables {
  api_key: {
    id: Generated<number>;
    hash: string;
    prefix: string;
    tenant_id: string;
    created_at: Generated<Date>;
    last_used_at: Date | null;
    revoked_at: Date | null;
  };
}

/** Taken while the first key is made, so that gateways that start together make one. */
const firstKeyLock = 7_203_114_001;

export class KyselyApiKeyStore implements ApiKeyStore {
  private readonly db: Kysely<Tables>;

  constructor(pool: Pool) {
    this.db = createDatabase<Tables>(pool);
  }

  async find(hash: string): Promise<StoredKey | undefined> {
    return withDatabase(() =>
      this.db
        .selectFrom('api_key')
        .select(['id', 'tenant_id as tenantId'])
        .where('hash', '=', hash)
        .where('revoked_at', 'is', null)
        .executeTakeFirst(),
    );
  }

  async add(key: NewKey): Promise<void> {
    await withDatabase(() => insert(this.db, key));
  }

  async addFirst(key: NewKey): Promise<boolean> {
    return withDatabase(() =>
      this.db.transaction().execute(async (transaction) => {
        await sql`select pg_advisory_xact_lock(${firstKeyLock})`.execute(transaction);
        if (await transaction.selectFrom('api_key').select('id').limit(1).executeTakeFirst()) return false;
        await insert(transaction, key);
        return true;
      }),
    );
  }

  async touch(ids: readonly number[]): Promise<void> {
    await withDatabase(() =>
      this.db.updateTable('api_key').set({ last_used_at: new Date() }).where('id', 'in', ids).execute(),
    );
  }
}

async function insert(db: Kysely<Tables>, { hash, prefix, tenantId }: NewKey): Promise<void> {
  const row = { hash, prefix, tenant_id: tenantId };
  await db
    .insertInto('api_key')
    .values(row)
    .onConflict((conflict) => conflict.column('hash').doNothing())
    .execute();
}
