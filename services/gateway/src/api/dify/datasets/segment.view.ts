import type { Chunk, Document } from '@treadle/contracts';
import { seconds } from './page.js';

/** A chunk as Dify's clients read a segment. Moments are those of its document. */
export function segmentView(chunk: Chunk, document: Document, children: readonly Chunk[]) {
  const { id, position, content, answer, enabled, keywords, characters } = chunk;
  const [created, updated] = [seconds(document.createdUnixMs), seconds(document.updatedUnixMs)];
  return {
    ...{ id, position, content, enabled, keywords },
    document_id: document.id,
    sign_content: content,
    answer: answer || null,
    word_count: characters,
    tokens: 0,
    index_node_id: id,
    index_node_hash: null,
    hit_count: 0,
    disabled_at: null,
    disabled_by: null,
    // A chunk is shown when its vector is there.
    status: 'completed',
    created_by: null,
    created_at: created,
    updated_by: null,
    updated_at: updated,
    indexing_at: created,
    completed_at: created,
    error: null,
    stopped_at: null,
    child_chunks: children.filter(({ parentId }) => parentId === id).map((child) => childChunkView(child, document)),
    attachments: [],
    summary: null,
  };
}

/** Its position is counted in the document, where it comes after its segment. */
export function childChunkView({ id, parentId, content, position, characters }: Chunk, document: Document) {
  return {
    ...{ id, segment_id: parentId, content, position },
    word_count: characters,
    type: 'customized',
    created_at: seconds(document.createdUnixMs),
    updated_at: seconds(document.updatedUnixMs),
  };
}
