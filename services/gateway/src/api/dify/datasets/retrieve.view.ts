import type { FoundChunk } from '@treadle/contracts';
import { seconds } from './page.js';

/** What was found, as Dify's clients read it: a segment, or the whole segment that a child chunk was found of. */
export function recordView(found: FoundChunk) {
  const { parent, score, chunkId, position, content } = found;
  const whole = parent ?? { chunkId, position, content };
  return {
    segment: { ...segmentOf(found, whole), document: documentOf(found) },
    child_chunks: parent ? [{ id: chunkId, content, position, score }] : [],
    score,
    tsne_position: null,
    files: [],
    summary: null,
  };
}

function segmentOf(found: FoundChunk, whole: { chunkId: string; position: number; content: string }) {
  const { upload_date: uploaded } = metadataOf(found);
  const at = typeof uploaded === 'number' ? seconds(uploaded) : null;
  return {
    id: whole.chunkId,
    position: whole.position,
    document_id: found.documentId,
    content: whole.content,
    sign_content: whole.content,
    answer: found.answer || null,
    word_count: whole.content.length,
    tokens: 0,
    keywords: [],
    index_node_id: found.chunkId,
    index_node_hash: null,
    hit_count: 0,
    enabled: true,
    disabled_at: null,
    disabled_by: null,
    status: 'completed',
    created_by: null,
    created_at: at,
    indexing_at: at,
    completed_at: at,
    error: null,
    stopped_at: null,
  };
}

function documentOf(found: FoundChunk) {
  const { source } = metadataOf(found);
  return {
    id: found.documentId,
    data_source_type: source === 'url' ? 'website_crawl' : 'upload_file',
    name: found.documentName,
    doc_type: null,
    doc_metadata: metadataOf(found),
  };
}

const metadataOf = ({ metadataJson }: FoundChunk) => JSON.parse(metadataJson) as Record<string, unknown>;
