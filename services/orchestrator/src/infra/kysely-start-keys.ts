import { withDatabase } from '@treadle/persistence';
import type { Kysely } from 'kysely';
import type { FoundKey, StartKeys } from '../domain/runs/begin-once.js';
import type { Database } from './database.js';

/** Reads the idempotency keys that starts have claimed; they are written with the start itself, by the journal. */
export class KyselyStartKeys implements StartKeys {
  constructor(private readonly db: Kysely<Database>) {}

  async find(tenantId: string, key: string): Promise<FoundKey | undefined> {
    const row = await withDatabase(() =>
      this.db
        .selectFrom('start_keys')
        .leftJoin('runs', 'runs.id', 'start_keys.run_id')
        .select(['start_keys.run_id', 'request_hash', 'finished_at'])
        .where('start_keys.tenant_id', '=', tenantId)
        .where('key', '=', key)
        .executeTakeFirst(),
    );
    if (!row) return undefined;
    const finished = row.finished_at ? { finishedAt: row.finished_at.getTime() } : {};
    return { runId: row.run_id, requestHash: row.request_hash, ...finished };
  }

  async forget(tenantId: string, key: string, runId: string): Promise<void> {
    const query = this.db
      .deleteFrom('start_keys')
      .where('tenant_id', '=', tenantId)
      .where('key', '=', key)
      .where('run_id', '=', runId);
    await withDatabase(() => query.execute());
  }
}
