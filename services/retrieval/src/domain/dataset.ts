import { FailureError } from '@treadle/failure';
import { z } from 'zod';
import { type Chunking, chunkingSchema } from './chunking.js';
import type { Metadata } from './metadata-filter.js';
import { type SearchSettings, searchSettingsSchema } from './search-settings.js';
import type { IndexRef } from './vector-store.js';

export type MetadataFieldType = 'string' | 'number' | 'time';

/** What a dataset is set to. */
export interface DatasetSettings {
  readonly name: string;
  readonly description: string;
  readonly embeddingProvider: string;
  /** Empty for a dataset that is searched by words only. */
  readonly embeddingModel: string;
  readonly chunking: Chunking;
  readonly search: SearchSettings;
  readonly metadataFields: Readonly<Record<string, MetadataFieldType>>;
}

export interface Dataset extends DatasetSettings {
  readonly id: string;
  /** The index that serves. */
  readonly index: IndexRef;
  readonly documents: number;
  readonly chunks: number;
  readonly reindexing: boolean;
  /** Of the index that is being built: documents that are done, and those that failed and keep the old index serving. */
  readonly reindexedDocuments: number;
  readonly reindexFailures: number;
  /** Of all its documents. */
  readonly characters: number;
  /** Documents that can be found: indexed, enabled and not archived. */
  readonly availableDocuments: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export type DocumentStatus = 'waiting' | 'extracting' | 'splitting' | 'indexing' | 'completed' | 'error' | 'paused';

export interface Document {
  readonly id: string;
  readonly datasetId: string;
  readonly name: string;
  readonly source: string;
  readonly sourceName: string;
  readonly status: DocumentStatus;
  /** Empty unless it failed: why, and the failure's code. */
  readonly error: string;
  readonly errorCode: string;
  /** Why it could not be taken into the index that is being built beside the one that serves; empty for no trouble. */
  readonly reindexError: string;
  readonly enabled: boolean;
  readonly archived: boolean;
  readonly metadata: Metadata;
  readonly characters: number;
  readonly chunks: number;
  readonly chunksCut: number;
  readonly chunksIndexed: number;
  /** Of a file: the uploaded one, and what it is. */
  readonly fileId: string;
  readonly mediaType: string;
  /** How it is cut, where it is not as its dataset says. */
  readonly chunking: Chunking | undefined;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface Chunk {
  readonly id: string;
  readonly documentId: string;
  readonly position: number;
  readonly content: string;
  readonly answer: string;
  readonly parentId: string;
  readonly keywords: readonly string[];
  readonly enabled: boolean;
}

/** Fields that every document has, and that filters may name beside those of its dataset. */
export const builtInFields: Readonly<Record<string, MetadataFieldType>> = {
  document_name: 'string',
  last_update_date: 'time',
  source: 'string',
  upload_date: 'time',
};

const fieldsSchema = z.record(
  z.string().regex(/^[a-z][a-z0-9_]{0,63}$/, 'names are lower case letters, digits and underscores'),
  z.enum(['string', 'number', 'time']),
);

/** @throws FailureError `invalid_argument` that names the setting at fault. */
export const parseChunking = (json: string): Chunking => parsed('chunking', chunkingSchema, json);
export const parseSearch = (json: string): SearchSettings => parsed('search', searchSettingsSchema, json);

export function parseFields(json: string): Record<string, MetadataFieldType> {
  const fields = parsed('metadata_fields', fieldsSchema, json);
  const taken = Object.keys(fields).find((field) => field in builtInFields);
  if (taken) throw invalid('metadata_fields', `Every document has "${taken}" already. Choose another name.`);
  if (Object.keys(fields).length > 100) throw invalid('metadata_fields', 'A dataset has 100 metadata fields at most.');
  return fields;
}

/** A document's metadata, as the fields of its dataset demand. Times are milliseconds, or texts of ISO 8601. */
export function parseMetadata(json: string, fields: Dataset['metadataFields']): Metadata {
  const given = parsed('metadata', z.record(z.string(), z.union([z.string().max(2000), z.number(), z.null()])), json);
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => {
      const type = Object.hasOwn(fields, name) ? fields[name] : undefined;
      if (!type)
        throw invalid(
          'metadata',
          `The dataset has no metadata field "${name.slice(0, 64)}". Add it to the dataset first.`,
        );
      return [name, value === null ? null : valueOf(name, type, value)];
    }),
  );
}

function valueOf(name: string, type: MetadataFieldType, value: string | number): string | number {
  if (type === 'string') return String(value);
  const number = typeof value === 'string' && type === 'time' ? Date.parse(value) : Number(value);
  if (Number.isFinite(number)) return number;
  throw invalid('metadata', `"${name}" is a ${type}, and ${JSON.stringify(value).slice(0, 100)} is none.`);
}

/** Reads JSON with a schema; an empty text means nothing was given. */
export function parsed<T>(field: string, schema: z.ZodType<T>, json: string): T {
  let value: unknown;
  try {
    value = json === '' ? {} : JSON.parse(json);
  } catch {
    throw invalid(field, `"${field}" is not JSON.`);
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = [field, ...(issue?.path ?? [])].join('.');
  throw invalid(path, `${path}: ${issue?.message ?? 'is wrong'}.`);
}

export function invalid(field: string, message: string): FailureError {
  return FailureError.of('invalid_argument', message, { field });
}

export function notFound(what: 'dataset' | 'document' | 'chunk', id: string): FailureError {
  return FailureError.of('not_found', `There is no ${what} ${id.slice(0, 100)}.`, { field: `${what}_id` });
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** Ids are UUIDs; anything else names nothing. */
export const isId = (id: string): boolean => uuid.test(id);
