import { createHash } from 'node:crypto';
import type { PoolClient } from 'pg';
import type { HeldWork, RowToCut } from '../domain/index-work.js';
import { toTsvector } from '../domain/words.js';

/** Copies the chunks of the index that serves, with what people edited in them, where both cut alike; whether it did. */
export async function copyChunks(client: PoolClient, work: HeldWork): Promise<boolean> {
  const { indexId, documentId, documentVersion } = work;
  const { rows } = await client.query<{ copied_from: string }>(
    `select i.copied_from from dataset_index i join document_work o on o.index_id = i.copied_from
     where i.id = $1 and o.document_id = $2 and o.served_version = $3`,
    [indexId, documentId, documentVersion],
  );
  const [from] = rows;
  if (!from) return false;
  await client.query(
    `insert into chunk (id, tenant_id, dataset_id, index_id, document_id, document_version, position, parent_id, is_parent, content, answer,
       keywords, enabled, words)
     select md5(id::text || $1)::uuid, tenant_id, dataset_id, $1::uuid, document_id, document_version, position,
       md5(parent_id::text || $1)::uuid, is_parent, content, answer, keywords, enabled, words
     from chunk where index_id = $2 and document_id = $3 and live on conflict do nothing`,
    [indexId, from.copied_from, documentId],
  );
  await client.query(
    `update document_work set chunks_cut = (select count(*) from chunk where index_id = $1 and document_id = $2 and document_version = $3)
     where index_id = $1 and document_id = $2`,
    [indexId, documentId, documentVersion],
  );
  return true;
}

/** Ids follow from the place, so that a part that is cut again after a crash makes the same rows. */
export async function insertChunks(
  client: PoolClient,
  work: HeldWork,
  before: number,
  rows: readonly RowToCut[],
): Promise<void> {
  const idOf = (place: number) => chunkId(work, before + place + 1);
  await client.query(
    `insert into chunk (id, tenant_id, dataset_id, index_id, document_id, document_version, position, parent_id, is_parent, content, answer, words)
     select id, $1, $2, $3, $4, $5, position, parent_id, is_parent, content, answer, words::tsvector
     from unnest($6::uuid[], $7::integer[], $8::uuid[], $9::boolean[], $10::text[], $11::text[], $12::text[])
       given (id, position, parent_id, is_parent, content, answer, words) on conflict do nothing`,
    [
      work.tenantId,
      work.datasetId,
      work.indexId,
      work.documentId,
      work.documentVersion,
      rows.map((_, place) => idOf(place)),
      rows.map((_, place) => before + place + 1),
      rows.map(({ parent }) => (parent === undefined ? null : idOf(parent))),
      rows.map(({ isParent }) => isParent),
      rows.map(({ content }) => content),
      rows.map(({ answer }) => answer),
      rows.map(({ content, answer, isParent }) => (isParent ? '' : toTsvector(`${content} ${answer}`))),
    ],
  );
}

function chunkId({ indexId, documentId, documentVersion }: HeldWork, position: number): string {
  const hex = createHash('sha256').update(`${indexId}/${documentId}/${documentVersion}/${position}`).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  );
}
