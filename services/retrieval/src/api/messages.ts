import type * as messages from '@treadle/contracts';
import type { Chunk, Dataset, Document } from '../domain/dataset.js';
import type { FoundChunk, SearchAnswer } from '../domain/search-answer.js';

export function datasetMessage(dataset: Dataset): messages.Dataset {
  const {
    id,
    name,
    description,
    embeddingProvider,
    embeddingModel,
    documents,
    chunks,
    reindexing,
    reindexedDocuments,
    reindexFailures,
  } = dataset;
  return {
    ...{ id, name, description, embeddingProvider, embeddingModel, documents, chunks, reindexing },
    ...{ reindexedDocuments, reindexFailures },
    characters: dataset.characters,
    availableDocuments: dataset.availableDocuments,
    dimensions: dataset.index.space.dimensions,
    chunkingJson: JSON.stringify(dataset.chunking),
    searchJson: JSON.stringify(dataset.search),
    metadataFieldsJson: JSON.stringify(dataset.metadataFields),
    createdUnixMs: dataset.createdAt.getTime(),
    updatedUnixMs: dataset.updatedAt.getTime(),
  };
}

export function documentMessage(document: Document): messages.Document {
  const { metadata, createdAt, updatedAt, chunking, ...same } = document;
  return {
    ...same,
    metadataJson: JSON.stringify(metadata),
    chunkingJson: chunking ? JSON.stringify(chunking) : '',
    createdUnixMs: createdAt.getTime(),
    updatedUnixMs: updatedAt.getTime(),
  };
}

export function chunkMessage({ keywords, ...chunk }: Chunk): messages.Chunk {
  return { ...chunk, keywords: [...keywords], characters: chunk.content.length };
}

export function searchMessage({ chunks, degraded, timings, filter, notes }: SearchAnswer): messages.SearchResponse {
  const filterJson = filter ? JSON.stringify(filter) : '';
  return { chunks: chunks.map(foundMessage), degraded, timings: [...timings], filterJson, notes: [...notes] };
}

function foundMessage(found: FoundChunk): messages.FoundChunk {
  const { datasetId, datasetName, documentId, documentName, position, content, answer, score } = found;
  return {
    ...{ datasetId, datasetName, documentId, documentName, position, content, answer, score },
    chunkId: found.id,
    scores: { ...found.scores },
    source: found.sourceName,
    metadataJson: JSON.stringify(found.metadata),
    parent: found.parent && nearby(found.parent),
    neighbours: found.neighbours.map(nearby),
  };
}

function nearby({
  id,
  position,
  content,
}: {
  readonly id: string;
  readonly position: number;
  readonly content: string;
}) {
  return { chunkId: id, position, content };
}
