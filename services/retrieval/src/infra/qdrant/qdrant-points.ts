import type { Schemas } from '@qdrant/js-client-rest';
import type { DocumentPayload, IndexRef, Point, PointSelection, VectorQuery } from '../../domain/vector-store.js';
import { meaning, words } from './qdrant-collections.js';
import { type Condition, type Filter, filterable, toQdrantFilter } from './qdrant-filter.js';

/** A chunk as Qdrant keeps it, with what filters look at in the payload. */
export function toQdrantPoint(index: IndexRef, point: Point, document: DocumentPayload): Schemas['PointStruct'] {
  const { id, dense, sparse, enabled, version } = point;
  return {
    id,
    vector: {
      ...(index.space.dimensions > 0 && { [meaning]: [...dense] }),
      ...(sparse.indices.length > 0 && { [words]: toSparse(sparse) }),
    },
    payload: {
      tenant: index.tenantId,
      dataset: index.datasetId,
      index: index.indexId,
      enabled,
      version,
      ...documentPayload(document),
    },
  };
}

/** What all points of a document share. */
export function documentPayload({ documentId, enabled, metadata, changedAt }: DocumentPayload) {
  return { document: documentId, documentEnabled: enabled, changedAt, ...filterable(metadata) };
}

/** Points of the index and of no other, that satisfy the conditions. */
export function within(
  { tenantId, indexId }: IndexRef,
  ...conditions: readonly Condition[]
): Filter & { must: Condition[] } {
  return { must: [is('tenant', tenantId), is('index', indexId), ...conditions] };
}

/** The points that a selection names. */
export function selected(index: IndexRef, selection: PointSelection): Filter {
  if ('all' in selection) return within(index);
  if ('ids' in selection) return within(index, { has_id: [...selection.ids] });
  return within(index, ofDocuments(selection.documentIds));
}

/** The body of a search, `limit` apart. */
export function toQuery(index: IndexRef, { probe, filter, documentIds, ids }: VectorQuery) {
  const metadata = filter && toQdrantFilter(filter);
  const conditions = [is('enabled', true), is('documentEnabled', true)];
  if (documentIds) conditions.push(ofDocuments(documentIds));
  if (ids) conditions.push({ has_id: [...ids] });
  if (metadata && Object.keys(metadata).length > 0) conditions.push(metadata);
  const query = 'dense' in probe ? [...probe.dense] : toSparse(probe.sparse);
  return { query, using: 'dense' in probe ? meaning : words, filter: within(index, ...conditions) };
}

export function ofTenant(tenantId: string): Filter {
  return { must: [is('tenant', tenantId)] };
}

export function ofDocument(index: IndexRef, documentId: string): Filter {
  return within(index, is('document', documentId));
}

function is(key: string, value: string | boolean): Condition {
  return { key, match: { value } };
}

function ofDocuments(ids: readonly string[]): Condition {
  return { key: 'document', match: { any: [...ids] } };
}

function toSparse({ indices, values }: Point['sparse']) {
  return { indices: [...indices], values: [...values] };
}
