import type { PoolClient } from 'pg';
import type { TenantUsage } from '../domain/tenant-limits.js';

const noId = '00000000-0000-0000-0000-000000000000';

/** What a tenant's documents come to, but for one. Holds up others that add documents of the tenant until the transaction ends. */
export async function documentUsage(client: PoolClient, tenantId: string, but = noId): Promise<TenantUsage> {
  await client.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`documents of ${tenantId}`]);
  const { rows } = await client.query<{ documents: number; characters: number }>(
    `select count(*) documents, coalesce(sum(characters), 0) characters from document where tenant_id = $1 and id <> $2`,
    [tenantId, but],
  );
  return { documents: 0, characters: 0, chunks: 0, ...rows[0] };
}

/** Chunks of a tenant's documents, but for one. While a document is indexed anew, the larger of its two sets counts. */
export async function chunkUsage(client: PoolClient, tenantId: string, but = noId): Promise<TenantUsage> {
  const { rows } = await client.query<{ chunks: number }>(
    `select coalesce(sum(most), 0) chunks from (
       select max(greatest(chunks, chunks_cut)) most from document_work where tenant_id = $1 and document_id <> $2 group by document_id) of_document`,
    [tenantId, but],
  );
  return { documents: 0, characters: 0, chunks: 0, ...rows[0] };
}
