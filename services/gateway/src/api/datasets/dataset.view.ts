import type { Chunk, Dataset, Document, FoundChunk, NearbyChunk, SearchResponse } from '@treadle/contracts';
import { FailureError } from '@treadle/failure';

type Json = Record<string, unknown>;
const json = (text: string) => JSON.parse(text) as Json;
const moment = (unixMs: number) => new Date(unixMs).toISOString();

export function datasetView(given: Dataset | undefined) {
  const dataset = told(given);
  const { id, name, description, documents, chunks, reindexing } = dataset;
  return {
    ...{ id, name, description, documents, chunks, reindexing },
    embedding: { provider: dataset.embeddingProvider, model: dataset.embeddingModel, dimensions: dataset.dimensions },
    chunking: json(dataset.chunkingJson),
    search: json(dataset.searchJson),
    metadata_fields: json(dataset.metadataFieldsJson),
    reindexed_documents: dataset.reindexedDocuments,
    reindex_failures: dataset.reindexFailures,
    created_at: moment(dataset.createdUnixMs),
    updated_at: moment(dataset.updatedUnixMs),
  };
}

export function documentView(given: Document | undefined) {
  const document = told(given);
  const { id, name, source, status, enabled, archived, characters, chunks } = document;
  return {
    ...{ id, name, source, status, enabled, archived, characters, chunks },
    dataset_id: document.datasetId,
    source_name: document.sourceName,
    error: document.error || null,
    error_code: document.errorCode || null,
    reindex_error: document.reindexError || null,
    metadata: json(document.metadataJson),
    chunking: document.chunkingJson ? json(document.chunkingJson) : null,
    progress: { chunks_cut: document.chunksCut, chunks_indexed: document.chunksIndexed },
    created_at: moment(document.createdUnixMs),
    updated_at: moment(document.updatedUnixMs),
  };
}

export function chunkView(given: Chunk | undefined) {
  const { documentId, parentId, ...chunk } = told(given);
  return { ...chunk, document_id: documentId, parent_id: parentId || null };
}

export function searchView({ chunks, degraded, timings, filterJson, notes }: SearchResponse) {
  const filter = filterJson ? json(filterJson) : null;
  return { chunks: chunks.map(foundView), degraded: degraded || null, filter, notes, timings };
}

function foundView(found: FoundChunk) {
  const { position, content, answer, score, scores, source } = found;
  return {
    ...{ position, content, answer, score, scores },
    dataset_id: found.datasetId,
    dataset_name: found.datasetName,
    document_id: found.documentId,
    document_name: found.documentName,
    chunk_id: found.chunkId,
    source: source || null,
    metadata: json(found.metadataJson),
    parent: found.parent ? nearbyView(found.parent) : null,
    neighbours: found.neighbours.map(nearbyView),
  };
}

const nearbyView = ({ chunkId, position, content }: NearbyChunk) => ({ chunk_id: chunkId, position, content });

function told<T>(given: T | undefined): T {
  if (given !== undefined) return given;
  throw FailureError.of('internal', 'Retrieval did something and did not say what came of it.');
}
