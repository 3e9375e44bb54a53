import { FailureError } from '@treadle/failure';
import type { PoolClient } from 'pg';
import { type Dataset, invalid, notFound } from '../domain/dataset.js';

/** A document whose chunks are being changed in the index that serves. */
export interface EditedDocument {
  readonly indexId: string;
  readonly documentId: string;
  /** The text that serves. */
  readonly version: number;
  /** Indexes that are being built and take over what is changed. */
  readonly others: readonly { readonly indexId: string; readonly isCut: boolean }[];
}

interface WorkRow {
  index_id: string;
  status: string;
  document_version: number;
  served_version: number;
  copied_from: string | null;
}

/**
 * Holds a document's work in every index, so that neither a new text nor a new index takes over meanwhile.
 * @throws FailureError `not_found`; `invalid_argument` before it is indexed; `dataset_reindexing` where its chunks are being cut in another
 *   way; `unavailable` when a new index has just taken over.
 */
export async function holdForEdit(client: PoolClient, dataset: Dataset, documentId: string): Promise<EditedDocument> {
  const { indexId } = dataset.index;
  const { rows: served } = await client.query<{ serving_index: string }>(
    'select serving_index from dataset where id = $1 for share',
    [dataset.id],
  );
  if (served[0]?.serving_index !== indexId)
    throw FailureError.of('unavailable', 'The dataset has just been indexed anew. Read its chunks and try again.');
  const { rows } = await client.query<WorkRow>(
    `select w.index_id, w.status, w.document_version, w.served_version, i.copied_from
     from document_work w join dataset_index i on i.id = w.index_id where w.document_id = $1 order by w.index_id for update of w`,
    [documentId],
  );
  const version = servedVersion(
    rows.find(({ index_id }) => index_id === indexId),
    documentId,
  );
  // Where there is a newer text already, what is changed in this one goes with it.
  const others = rows.filter(({ index_id, document_version }) => index_id !== indexId && document_version === version);
  if (others.some(({ copied_from }) => copied_from !== indexId)) throw beingCut();
  return {
    ...{ indexId, documentId, version },
    others: others.map(({ index_id, status }) => ({
      indexId: index_id,
      isCut: status === 'completed' || status === 'indexing',
    })),
  };
}

/** Carries what was changed at some positions over to the indexes that are being built. These make their vectors anew. */
export async function carryEdits(client: PoolClient, document: EditedDocument, positions: readonly number[]) {
  for (const { indexId, isCut } of document.others)
    await (isCut ? carry(client, document, indexId, positions) : copyAgain(client, document, indexId));
}

/** Not all of it is there yet: it is copied once more, with what was changed. */
async function copyAgain(client: PoolClient, { documentId }: EditedDocument, indexId: string): Promise<void> {
  await client.query('delete from chunk where index_id = $1 and document_id = $2', [indexId, documentId]);
  await client.query(
    `update document_work set next_part = 0, chunks_cut = 0, chunks_indexed = 0, fence = fence + 1, held = false, due_at = now(),
       status = case when status in ('extracting', 'splitting') then 'waiting' else status end
     where index_id = $1 and document_id = $2`,
    [indexId, documentId],
  );
}

/** `c` is a chunk of the new index, `s` what it is a copy of. */
const same = `s.index_id = $2 and s.document_id = $3 and s.document_version = $4 and s.position = any($5)`;
const copyOfSame = `c.index_id = $1 and c.document_id = $3 and c.document_version = $4 and c.position = s.position`;

async function carry(
  client: PoolClient,
  { indexId: serving, documentId, version }: EditedDocument,
  indexId: string,
  positions: readonly number[],
): Promise<void> {
  const values = [indexId, serving, documentId, version, positions];
  await client.query(
    `delete from chunk c where c.index_id = $1 and c.document_id = $3 and c.document_version = $4 and c.position = any($5)
       and not exists (select from chunk s where ${same} and s.position = c.position)`,
    values,
  );
  await client.query(
    `delete from point p using chunk c, chunk s where ${same} and ${copyOfSame} and p.chunk_id = c.id`,
    values,
  );
  await client.query(
    `update chunk c set content = s.content, answer = s.answer, keywords = s.keywords, enabled = s.enabled, words = s.words,
       is_parent = s.is_parent
     from chunk s where ${same} and ${copyOfSame}`,
    values,
  );
  await client.query(
    `insert into chunk (id, tenant_id, dataset_id, index_id, document_id, document_version, position, parent_id, is_parent, content, answer,
       keywords, enabled, words)
     select md5(s.id::text || $1::uuid::text)::uuid, s.tenant_id, s.dataset_id, $1::uuid, s.document_id, s.document_version, s.position,
       md5(s.parent_id::text || $1::uuid::text)::uuid, s.is_parent, s.content, s.answer, s.keywords, s.enabled, s.words
     from chunk s where ${same} and not exists (select from chunk c where ${copyOfSame})`,
    values,
  );
  await client.query(
    `update document_work w set status = 'indexing', fence = fence + 1, held = false, attempts = 0, due_at = now(),
       chunks_cut = (select count(*) from chunk c where c.index_id = w.index_id and c.document_id = w.document_id),
       chunks_indexed = (select count(*) from point p where p.index_id = w.index_id and p.document_id = w.document_id)
     where index_id = $1 and document_id = $2`,
    [indexId, documentId],
  );
}

function servedVersion(work: WorkRow | undefined, documentId: string): number {
  if (!work) throw notFound('document', documentId);
  if (work.served_version > 0) return work.served_version;
  throw invalid('document_id', 'The document is not indexed yet. Wait until its status is completed.');
}

function beingCut(): FailureError {
  const message =
    'The dataset is being cut in another way, and a change of its chunks would be lost. Change them when `reindexing` is false.';
  return FailureError.of('dataset_reindexing', message);
}
