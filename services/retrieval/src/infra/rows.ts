import type { Chunking } from '../domain/chunking.js';
import type { Chunk, Dataset, Document, DocumentStatus, MetadataFieldType } from '../domain/dataset.js';
import type { Metadata } from '../domain/metadata-filter.js';
import type { SearchSettings } from '../domain/search-settings.js';

export interface DatasetRow {
  id: string;
  tenant_id: string;
  name: string;
  description: string;
  embedding_provider: string;
  embedding_model: string;
  chunking: Chunking;
  search: SearchSettings;
  metadata_fields: Record<string, MetadataFieldType>;
  created_at: Date;
  updated_at: Date;
  index_id: string;
  index_provider: string;
  index_model: string;
  dimensions: number;
  revision: number;
  documents: number;
  chunks: number;
  indexes: number;
  reindexed: number;
  reindex_failures: number;
  characters: number;
  available: number;
}

/** A dataset with the index that serves; for `where` conditions on `d`. */
export const datasetColumns = `d.*, i.id index_id, i.embedding_provider index_provider, i.embedding_model index_model, i.dimensions, i.revision,
  (select count(*) from document where dataset_id = d.id) documents,
  (select coalesce(sum(characters), 0) from document where dataset_id = d.id) characters,
  (select count(*) from document t join document_work w on w.document_id = t.id and w.index_id = i.id
   where t.dataset_id = d.id and t.enabled and not t.archived and w.served_version > 0) available,
  (select coalesce(sum(w.chunks), 0) from document_work w where w.index_id = i.id) chunks,
  (select count(*) from dataset_index where dataset_id = d.id) indexes,
  (select count(*) from dataset_index n join document_work w on w.index_id = n.id
   where n.dataset_id = d.id and n.id <> d.serving_index and w.status = 'completed') reindexed,
  (select count(*) from dataset_index n join document_work w on w.index_id = n.id
   where n.dataset_id = d.id and n.id <> d.serving_index and w.status = 'error') reindex_failures`;
export const datasetTable = 'dataset d join dataset_index i on i.id = d.serving_index';

export function toDataset(row: DatasetRow): Dataset {
  const space = { provider: row.index_provider, model: row.index_model, dimensions: row.dimensions };
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    embeddingProvider: row.embedding_provider,
    embeddingModel: row.embedding_model,
    chunking: row.chunking,
    search: row.search,
    metadataFields: row.metadata_fields,
    index: { tenantId: row.tenant_id, datasetId: row.id, indexId: row.index_id, space, revision: row.revision },
    documents: row.documents,
    chunks: row.chunks,
    reindexing: row.indexes > 1,
    reindexedDocuments: row.reindexed,
    reindexFailures: row.reindex_failures,
    characters: row.characters,
    availableDocuments: row.available,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

export interface DocumentRow {
  id: string;
  dataset_id: string;
  name: string;
  source: string;
  source_name: string;
  status: DocumentStatus;
  error: string;
  error_code: string;
  reindex_error: string;
  enabled: boolean;
  archived: boolean;
  metadata: Metadata;
  characters: number;
  chunks: number;
  chunks_cut: number;
  chunks_indexed: number;
  file_id: string;
  media_type: string;
  chunking: Chunking | null;
  created_at: Date;
  updated_at: Date;
}

/** A document with its work in the index that serves; for `where` conditions on `t`. */
export const documentTable = `document t join dataset d on d.id = t.dataset_id
  join document_work w on w.document_id = t.id and w.index_id = d.serving_index
  join document_version v on v.document_id = t.id and v.version = t.version`;
export const documentColumns = `t.*, w.status, w.error, w.error_code, w.chunks, w.chunks_cut, w.chunks_indexed, v.file_id, v.media_type,
  coalesce((select max(n.error) from document_work n where n.document_id = t.id and n.index_id <> d.serving_index and n.status = 'error'), '') reindex_error`;

export function toDocument(row: DocumentRow): Document {
  return {
    id: row.id,
    datasetId: row.dataset_id,
    name: row.name,
    source: row.source,
    sourceName: row.source_name,
    status: row.status,
    error: row.error,
    errorCode: row.error_code,
    reindexError: row.reindex_error,
    enabled: row.enabled,
    archived: row.archived,
    metadata: row.metadata,
    characters: row.characters,
    chunks: row.chunks,
    chunksCut: row.chunks_cut,
    chunksIndexed: row.chunks_indexed,
    fileId: row.file_id,
    mediaType: row.media_type,
    chunking: row.chunking ?? undefined,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

export interface ChunkRow {
  id: string;
  document_id: string;
  position: number;
  content: string;
  answer: string;
  parent_id: string | null;
  keywords: string[];
  enabled: boolean;
}

export function toChunk(row: ChunkRow): Chunk {
  return {
    id: row.id,
    documentId: row.document_id,
    position: row.position,
    content: row.content,
    answer: row.answer,
    parentId: row.parent_id ?? '',
    keywords: row.keywords,
    enabled: row.enabled,
  };
}

/** What filters see of a document: its own metadata and what every document has. */
export function shownMetadata(
  row: Pick<DocumentRow, 'name' | 'source' | 'metadata' | 'created_at' | 'updated_at'>,
): Metadata {
  return {
    ...row.metadata,
    document_name: row.name,
    source: row.source,
    upload_date: row.created_at.getTime(),
    last_update_date: row.updated_at.getTime(),
  };
}
