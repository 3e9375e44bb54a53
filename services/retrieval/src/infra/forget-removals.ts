import type { Pool } from 'pg';
import { inTransaction } from './transaction.js';

/**
 * Forgets which points were removed longer ago. Whoever has read an index up to an older revision reads it anew, which
 * `dataset_index.forgotten_revision` tells them; indexes that are being rebuilt keep theirs.
 */
export async function forgetRemovals(pool: Pool, olderThanMs: number): Promise<void> {
  await inTransaction(pool, async (client) => {
    await client.query(
      `with forgotten as (
         delete from removed_point r where r.removed_at < now() - $1 * interval '1 millisecond'
           and not exists (select from store_rebuild_index i where i.index_id = r.index_id) returning r.index_id, r.revision
       ), latest as (select index_id, max(revision) revision from forgotten group by index_id)
       update dataset_index i set forgotten_revision = greatest(forgotten_revision, l.revision) from latest l where l.index_id = i.id`,
      [olderThanMs],
    );
  });
}
