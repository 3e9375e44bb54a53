import { FailureError } from '@treadle/failure';
import {
  type Chunk,
  type Dataset,
  type DatasetSettings,
  type Document,
  invalid,
  isId,
  notFound,
  parseChunking,
  parseFields,
  parseMetadata,
  parseSearch,
} from './dataset.js';
import { embedChunks, type RetrievalModels } from './embeddings.js';
import type { ChunkRepository, DatasetRepository, DocumentChange, DocumentRepository, Listed, Page } from './ports.js';
import { originOf, type TextSource } from './text-source.js';
import type { DocumentPayload, VectorStore } from './vector-store.js';

export interface DatasetsParts {
  readonly datasets: DatasetRepository;
  readonly documents: DocumentRepository;
  readonly chunks: ChunkRepository;
  readonly store: VectorStore;
  readonly models: RetrievalModels;
  readonly texts: TextSource;
  readonly limits: {
    readonly datasetsPerTenant: number;
    readonly documentCharacters: number;
    readonly chunkCharacters: number;
  };
  /** Of datasets that name no model. */
  readonly defaultModel: { readonly provider: string; readonly model: string };
  /** Tells the indexers that there is work; they find it without being told, a moment later. */
  readonly nudge: () => void;
  readonly payload: (indexId: string, documentId: string) => Promise<DocumentPayload | undefined>;
}

/** Settings as they are given: JSON texts are checked here; what is absent stays as it is, or has its default. */
export interface GivenSettings {
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  readonly embeddingProvider?: string | undefined;
  readonly embeddingModel?: string | undefined;
  readonly chunkingJson?: string | undefined;
  readonly searchJson?: string | undefined;
  readonly metadataFieldsJson?: string | undefined;
}

export interface GivenDocument {
  readonly name: string;
  readonly source: string;
  readonly sourceName: string;
  readonly text: string;
  readonly fileId: string;
  readonly mediaType: string;
  readonly metadataJson: string;
}

export interface GivenChunk {
  readonly content?: string | undefined;
  readonly answer?: string | undefined;
  readonly enabled?: boolean | undefined;
  readonly keywordsJson?: string | undefined;
}

/** What tenants do with their datasets, documents and chunks. */
export class Datasets {
  constructor(private readonly parts: DatasetsParts) {}

  async create(tenantId: string, given: GivenSettings): Promise<Dataset> {
    const { datasets, limits, defaultModel } = this.parts;
    if ((await datasets.count(tenantId)) >= limits.datasetsPerTenant)
      throw FailureError.of('limit_exceeded', `There are ${limits.datasetsPerTenant} datasets, which is the limit.`);
    const namesModel = given.embeddingModel !== undefined && given.embeddingModel !== '';
    return datasets.create(tenantId, {
      name: nameOf(given.name ?? ''),
      description: textOf('description', given.description ?? '', 10_000),
      embeddingProvider: namesModel ? (given.embeddingProvider ?? '') : defaultModel.provider,
      embeddingModel: namesModel ? modelOf(given.embeddingModel) : defaultModel.model,
      chunking: parseChunking(given.chunkingJson ?? ''),
      search: parseSearch(given.searchJson ?? ''),
      metadataFields: parseFields(given.metadataFieldsJson ?? ''),
    });
  }

  async get(tenantId: string, datasetId: string): Promise<Dataset> {
    const [dataset] = isId(datasetId) ? await this.parts.datasets.find(tenantId, [datasetId]) : [];
    if (!dataset) throw notFound('dataset', datasetId);
    return dataset;
  }

  list(tenantId: string, page: Page): Promise<Listed<Dataset>> {
    return this.parts.datasets.list(tenantId, page);
  }

  async update(tenantId: string, datasetId: string, given: GivenSettings): Promise<Dataset> {
    const dataset = await this.get(tenantId, datasetId);
    const settings: DatasetSettings = {
      name: given.name === undefined ? dataset.name : nameOf(given.name),
      description: textOf('description', given.description ?? dataset.description, 10_000),
      embeddingProvider: given.embeddingProvider ?? dataset.embeddingProvider,
      embeddingModel: given.embeddingModel === undefined ? dataset.embeddingModel : modelOf(given.embeddingModel),
      chunking: given.chunkingJson === undefined ? dataset.chunking : parseChunking(given.chunkingJson),
      search: given.searchJson === undefined ? dataset.search : parseSearch(given.searchJson),
      metadataFields:
        given.metadataFieldsJson === undefined ? dataset.metadataFields : parseFields(given.metadataFieldsJson),
    };
    await this.parts.datasets.update(tenantId, dataset, settings);
    this.parts.nudge();
    return this.get(tenantId, datasetId);
  }

  async delete(tenantId: string, datasetId: string): Promise<void> {
    const gone = isId(datasetId) ? await this.parts.datasets.delete(tenantId, datasetId) : undefined;
    if (!gone) throw notFound('dataset', datasetId);
    for (const index of gone) await this.forget(() => this.parts.store.remove(index, { all: true }));
  }

  async createDocument(tenantId: string, datasetId: string, given: GivenDocument): Promise<Document> {
    const dataset = await this.get(tenantId, datasetId);
    const metadata = parseMetadata(given.metadataJson, dataset.metadataFields);
    const [{ source, sourceName }, name] = [given, nameOf(given.name)];
    const text = this.checkedText(await this.parts.texts.textOf(tenantId, originOf(given)));
    const document = { name, source, sourceName, metadata, text };
    const id = await this.parts.documents.create(dataset, document);
    this.parts.nudge();
    return this.document(tenantId, datasetId, id);
  }

  async document(tenantId: string, datasetId: string, documentId: string): Promise<Document> {
    const known = isId(datasetId) && isId(documentId);
    const document = known ? await this.parts.documents.find(tenantId, datasetId, documentId) : undefined;
    if (!document) throw notFound('document', documentId);
    return document;
  }

  async documents(tenantId: string, datasetId: string, page: Page): Promise<Listed<Document>> {
    const { id } = await this.get(tenantId, datasetId);
    return this.parts.documents.list(tenantId, id, page);
  }

  async updateDocument(
    tenantId: string,
    datasetId: string,
    documentId: string,
    { metadataJson, ...given }: Omit<DocumentChange, 'metadata'> & { readonly metadataJson?: string | undefined },
  ): Promise<Document> {
    const { store, documents, payload } = this.parts;
    const dataset = await this.get(tenantId, datasetId);
    await this.document(tenantId, datasetId, documentId);
    const change: DocumentChange = {
      ...given,
      ...(given.name !== undefined && { name: nameOf(given.name) }),
      ...(given.text !== undefined && { text: this.checkedText(given.text) }),
      ...(metadataJson !== undefined && { metadata: parseMetadata(metadataJson, dataset.metadataFields) }),
    };
    await documents.update(dataset, documentId, change);
    this.parts.nudge();
    for (const index of await documents.indexes(dataset)) {
      const described = await payload(index.indexId, documentId);
      if (described) await this.forget(() => store.describe(index, described));
    }
    return this.document(tenantId, datasetId, documentId);
  }

  async deleteDocument(tenantId: string, datasetId: string, documentId: string): Promise<void> {
    const { documents, store } = this.parts;
    const dataset = await this.get(tenantId, datasetId);
    await this.document(tenantId, datasetId, documentId);
    await documents.delete(dataset, documentId);
    for (const index of await documents.indexes(dataset))
      await this.forget(() => store.remove(index, { documentIds: [documentId] }));
  }

  async chunks(tenantId: string, datasetId: string, documentId: string, page: Page): Promise<Listed<Chunk>> {
    const dataset = await this.get(tenantId, datasetId);
    await this.document(tenantId, datasetId, documentId);
    return this.parts.chunks.list(dataset, documentId, page);
  }

  async saveChunk(
    tenantId: string,
    datasetId: string,
    documentId: string,
    chunkId: string,
    given: GivenChunk,
  ): Promise<Chunk> {
    const { chunks, models, store, payload } = this.parts;
    const dataset = await this.get(tenantId, datasetId);
    await this.document(tenantId, datasetId, documentId);
    const old = chunkId === '' ? undefined : await this.chunk(dataset, documentId, chunkId);
    const change = this.changeOf(given, old);
    const [dense] = await embedChunks(models, tenantId, dataset.index.space, [change.content]);
    const point = await chunks.save(dataset, documentId, old?.id ?? '', change, dense ?? new Float32Array(0));
    const described = await payload(dataset.index.indexId, documentId);
    if (described) await this.forget(() => store.upsert(dataset.index, [point], [described]));
    return this.chunk(dataset, documentId, point.id);
  }

  async deleteChunk(tenantId: string, datasetId: string, documentId: string, chunkId: string): Promise<void> {
    const dataset = await this.get(tenantId, datasetId);
    await this.document(tenantId, datasetId, documentId);
    const gone = isId(chunkId) ? await this.parts.chunks.delete(dataset, documentId, chunkId) : undefined;
    if (!gone) throw notFound('chunk', chunkId);
    await this.forget(() => this.parts.store.remove(dataset.index, gone));
  }

  private async chunk(dataset: Dataset, documentId: string, chunkId: string): Promise<Chunk> {
    const chunk = isId(chunkId) ? await this.parts.chunks.find(dataset, documentId, chunkId) : undefined;
    if (!chunk) throw notFound('chunk', chunkId);
    return chunk;
  }

  private changeOf({ content, answer, enabled, keywordsJson }: GivenChunk, old: Chunk | undefined) {
    const { chunkCharacters } = this.parts.limits;
    const change = {
      content: textOf('content', content ?? old?.content ?? '', chunkCharacters),
      answer: textOf('answer', answer ?? old?.answer ?? '', chunkCharacters),
      enabled: enabled ?? old?.enabled ?? true,
      keywords: keywordsJson === undefined ? (old?.keywords ?? []) : keywordsOf(keywordsJson),
    };
    if (change.content.trim() === '') throw invalid('content', 'The chunk is empty. Give it a text.');
    return change;
  }

  private checkedText(text: string): string {
    const { documentCharacters } = this.parts.limits;
    if (text.trim() === '') throw invalid('text', 'The document is empty. Give it a text.');
    if (text.length <= documentCharacters) return text;
    const message = `The text has ${text.length} characters, where ${documentCharacters} are allowed. Split it into several documents.`;
    throw FailureError.of('payload_too_large', message, { field: 'text' });
  }

  /** A store that is away now is mended later: what it holds too much is never shown, and what it misses is found by verifying. */
  private async forget(tell: () => Promise<void>): Promise<void> {
    try {
      await tell();
    } catch (error) {
      if (!(error instanceof FailureError) || !error.failure.retryable) throw error;
    }
  }
}

function nameOf(name: string): string {
  const trimmed = name.trim();
  if (trimmed === '' || trimmed.length > 200) throw invalid('name', 'A name has 1 to 200 characters.');
  return textOf('name', trimmed, 200);
}

function modelOf(model = ''): string {
  return textOf('embedding_model', model.trim(), 200);
}

function textOf(field: string, text: string, most: number): string {
  if (text.length > most) throw invalid(field, `"${field}" has ${text.length} characters, where ${most} are allowed.`);
  return text.replaceAll('\u0000', '').toWellFormed();
}

function keywordsOf(json: string): string[] {
  const value: unknown = JSON.parse(json);
  const isGood =
    Array.isArray(value) && value.length <= 50 && value.every((word) => typeof word === 'string' && word.length <= 100);
  if (!isGood) throw invalid('keywords', 'Keywords are at most 50 texts of at most 100 characters.');
  return value as string[];
}
