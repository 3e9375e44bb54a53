import { withDatabase } from '@treadle/persistence';
import { type Kysely, type Selectable, sql } from 'kysely';
import type { Bound } from '../../domain/access/caller.js';
import { isPermission } from '../../domain/access/permissions.js';
import type { ApiKeyStore, NewKey, StoredKey } from '../../domain/keys/api-key.js';
import type { Database } from '../database.js';
import type { TenantDatabase } from '../tenant-database.js';

/** Taken while the first key is made, so that gateways that start together make one. */
const firstKeyLock = 7_203_114_001;
const now = sql<Date>`now()`;

export class KyselyApiKeyStore implements ApiKeyStore {
  constructor(private readonly database: TenantDatabase) {}

  async find(hash: string): Promise<StoredKey | undefined> {
    const row = await withDatabase(() =>
      this.database.everything
        .selectFrom('api_key')
        .selectAll()
        .where('hash', '=', hash)
        .where('revoked_at', 'is', null)
        .where((where) => where.or([where('expires_at', 'is', null), where('expires_at', '>', now)]))
        .executeTakeFirst(),
    );
    return row && keyOf(row);
  }

  async add(key: NewKey): Promise<StoredKey | undefined> {
    return this.database.within(key.tenantId, (db) => insert(db, key));
  }

  async addFirst(key: NewKey): Promise<boolean> {
    return withDatabase(() =>
      this.database.everything.transaction().execute(async (transaction) => {
        await sql`select pg_advisory_xact_lock(${firstKeyLock})`.execute(transaction);
        if (await transaction.selectFrom('api_key').select('id').limit(1).executeTakeFirst()) return false;
        await insert(transaction, key);
        return true;
      }),
    );
  }

  async touch(ids: readonly number[]): Promise<void> {
    await withDatabase(() =>
      this.database.everything.updateTable('api_key').set({ last_used_at: now }).where('id', 'in', ids).execute(),
    );
  }

  async get(tenantId: string, id: number): Promise<StoredKey | undefined> {
    const row = await this.database.within(tenantId, (db) => own(db, tenantId).where('id', '=', id).executeTakeFirst());
    return row && keyOf(row);
  }

  async list(tenantId: string, below: number, limit: number): Promise<readonly StoredKey[]> {
    const rows = await this.database.within(tenantId, (db) => {
      const newest = own(db, tenantId).orderBy('id', 'desc').limit(limit);
      return (below > 0 ? newest.where('id', '<', below) : newest).execute();
    });
    return rows.map(keyOf);
  }

  async replace(old: StoredKey, key: NewKey, until: Date): Promise<StoredKey> {
    return this.database.within(old.tenantId, async (db) => {
      await db
        .updateTable('api_key')
        .set({ expires_at: sql<Date>`least(expires_at, ${until}::timestamptz)` })
        .where('id', '=', old.id)
        .where('tenant_id', '=', old.tenantId)
        .execute();
      const made = await insert(db, key);
      if (!made) throw new Error('A new API key was there already.');
      return made;
    });
  }

  async revoke(tenantId: string, id: number): Promise<boolean> {
    const { numUpdatedRows } = await this.database.within(tenantId, (db) =>
      db
        .updateTable('api_key')
        .set({ revoked_at: now })
        .where('tenant_id', '=', tenantId)
        .where('id', '=', id)
        .where('revoked_at', 'is', null)
        .executeTakeFirstOrThrow(),
    );
    return numUpdatedRows > 0n;
  }
}

function own(db: Kysely<Database>, tenantId: string) {
  return db.selectFrom('api_key').selectAll().where('tenant_id', '=', tenantId).where('revoked_at', 'is', null);
}

async function insert(db: Kysely<Database>, key: NewKey): Promise<StoredKey | undefined> {
  const { bound } = key;
  const row = await db
    .insertInto('api_key')
    .values({
      hash: key.hash,
      prefix: key.prefix,
      tenant_id: key.tenantId,
      name: key.name,
      scopes: key.scopes ? [...key.scopes] : null,
      workflow_id: bound && 'workflowId' in bound ? bound.workflowId : null,
      dataset_id: bound && 'datasetId' in bound ? bound.datasetId : null,
      created_by: key.createdBy,
      expires_at: key.expiresAt ?? null,
    })
    .onConflict((conflict) => conflict.column('hash').doNothing())
    .returningAll()
    .executeTakeFirst();
  return row && keyOf(row);
}

function keyOf(row: Selectable<Database['api_key']>): StoredKey {
  const { id, prefix, name, tenant_id, scopes, created_by, created_at, last_used_at, expires_at } = row;
  return {
    id,
    prefix,
    name,
    tenantId: tenant_id,
    scopes: scopes?.filter(isPermission),
    bound: boundOf(row),
    createdBy: created_by,
    createdAt: created_at,
    lastUsedAt: last_used_at ?? undefined,
    expiresAt: expires_at ?? undefined,
  };
}

function boundOf({ workflow_id, dataset_id }: Selectable<Database['api_key']>): Bound | undefined {
  if (workflow_id !== null) return { workflowId: workflow_id };
  return dataset_id === null ? undefined : { datasetId: dataset_id };
}
