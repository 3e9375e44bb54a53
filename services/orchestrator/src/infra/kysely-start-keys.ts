import { withDatabase } from '@treadle/persistence';
import type { Kysely } from 'kysely';
import type { StartKeys } from '../domain/runs/begin-once.js';
import type { Database } from './database.js';

/** Reads the idempotency keys that starts have claimed; they are written with the start itself, by the journal. */
export class KyselyStartKeys implements StartKeys {
  constructor(private readonly db: Kysely<Database>) {}

  async find(tenantId: string, key: string): Promise<{ runId: string; requestHash: string } | undefined> {
    const row = await withDatabase(() =>
      this.db
        .selectFrom('start_keys')
        .select(['run_id', 'request_hash'])
        .where('tenant_id', '=', tenantId)
        .where('key', '=', key)
        .executeTakeFirst(),
    );
    return row && { runId: row.run_id, requestHash: row.request_hash };
  }
}
