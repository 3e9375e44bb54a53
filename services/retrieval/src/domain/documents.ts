import { FailureError } from '@treadle/failure';
import { type Document, invalid, isId, notFound, parseChunking, parseMetadata } from './dataset.js';
import type { Datasets } from './datasets.js';
import { nameOf } from './given.js';
import type { DocumentChange, DocumentRepository, DocumentSelection, Listed, Page } from './ports.js';
import type { TellStore } from './tell-store.js';
import { roomFor, type TenantLimits } from './tenant-limits.js';
import { checkedText, type DocumentOrigin, type GivenOrigin, originOf, type TextSource } from './text-source.js';
import type { DocumentPayload, VectorStore } from './vector-store.js';

export interface DocumentsParts {
  readonly datasets: Datasets;
  readonly documents: DocumentRepository;
  readonly store: VectorStore;
  readonly telling: TellStore;
  readonly texts: TextSource;
  readonly limits: TenantLimits & { readonly documentCharacters: number };
  /** Tells the indexers that there is work; they find it without being told, a moment later. */
  readonly nudge: () => void;
  readonly payload: (indexId: string, documentId: string) => Promise<DocumentPayload | undefined>;
}

export interface GivenDocument extends GivenOrigin {
  readonly name: string;
  readonly metadataJson: string;
  /** Absent for the way of its dataset. */
  readonly chunkingJson?: string | undefined;
}

/** What is absent stays as it is. A new text is a `text`, or a `source` with what it needs. */
export interface GivenDocumentChange extends Partial<Undefinable<GivenOrigin>> {
  readonly name?: string | undefined;
  readonly metadataJson?: string | undefined;
  readonly enabled?: boolean | undefined;
  readonly archived?: boolean | undefined;
  readonly paused?: boolean | undefined;
  /** Empty for the way of its dataset. */
  readonly chunkingJson?: string | undefined;
}

type Undefinable<T> = { readonly [Key in keyof T]: T[Key] | undefined };

/** What tenants do with the documents of their datasets. Texts of files and pages are read afterwards, by those who index. */
export class Documents {
  constructor(private readonly parts: DocumentsParts) {}

  async create(tenantId: string, datasetId: string, given: GivenDocument): Promise<Document> {
    const dataset = await this.parts.datasets.get(tenantId, datasetId);
    const metadata = parseMetadata(given.metadataJson, dataset.metadataFields);
    const name = nameOf(given.name);
    const origin = await this.checked(tenantId, originOf(given));
    const room = roomFor(this.parts.limits, { documents: 1, characters: charactersOf(origin) });
    const chunking = given.chunkingJson ? parseChunking(given.chunkingJson) : undefined;
    const id = await this.parts.documents.create(dataset, { name, metadata, origin, chunking }, room);
    this.parts.nudge();
    return this.get(tenantId, datasetId, id);
  }

  async get(tenantId: string, datasetId: string, documentId: string): Promise<Document> {
    const known = isId(datasetId) && isId(documentId);
    const document = known ? await this.parts.documents.find(tenantId, datasetId, documentId) : undefined;
    if (!document) throw notFound('document', documentId);
    return document;
  }

  async list(
    tenantId: string,
    datasetId: string,
    page: Page,
    which: DocumentSelection = anyDocument,
  ): Promise<Listed<Document>> {
    const { id } = await this.parts.datasets.get(tenantId, datasetId);
    return this.parts.documents.list(tenantId, id, page, which);
  }

  /** A part of its text, as it was given or read. @throws FailureError `not_found` while there is none. */
  async part(tenantId: string, datasetId: string, documentId: string, part: number) {
    const { status } = await this.get(tenantId, datasetId, documentId);
    const found = await this.parts.documents.part(tenantId, documentId, part);
    const message = `The document, which is ${status}, has no text here. Wait until it has been read.`;
    if (!found) throw FailureError.of('not_found', message, { field: 'document_id' });
    return found;
  }

  async update(tenantId: string, datasetId: string, documentId: string, given: GivenDocumentChange): Promise<Document> {
    const { store, documents, payload, limits, telling } = this.parts;
    const dataset = await this.parts.datasets.get(tenantId, datasetId);
    await this.get(tenantId, datasetId, documentId);
    const { name, metadataJson, enabled, archived, paused, chunkingJson } = given;
    const origin = await this.newOrigin(tenantId, given);
    const change: DocumentChange = {
      ...{ enabled, archived, paused, origin },
      name: name === undefined ? undefined : nameOf(name),
      chunking: chunkingJson ? parseChunking(chunkingJson) : chunkingJson === undefined ? undefined : null,
      metadata: metadataJson === undefined ? undefined : parseMetadata(metadataJson, dataset.metadataFields),
    };
    const room = roomFor(limits, { characters: charactersOf(origin) });
    await telling.afterwards(
      await documents.indexes(dataset),
      documentId,
      () => documents.update(dataset, documentId, change, room),
      async () => {
        for (const index of await documents.indexes(dataset)) {
          const described = await payload(index.indexId, documentId);
          if (described) await store.describe(index, described);
        }
      },
    );
    this.parts.nudge();
    return this.get(tenantId, datasetId, documentId);
  }

  /** Tries again what has failed, for every index of the dataset. @throws FailureError `invalid_argument` where nothing has. */
  async retry(tenantId: string, datasetId: string, documentId: string): Promise<Document> {
    const dataset = await this.parts.datasets.get(tenantId, datasetId);
    const { status } = await this.get(tenantId, datasetId, documentId);
    const some = await this.parts.documents.retry(dataset, documentId);
    const message = `The document is ${status}: only what has ended in an error can be tried again.`;
    if (!some) throw invalid('document_id', message);
    this.parts.nudge();
    return this.get(tenantId, datasetId, documentId);
  }

  async delete(tenantId: string, datasetId: string, documentId: string): Promise<void> {
    const { documents, store, datasets, telling } = this.parts;
    const dataset = await datasets.get(tenantId, datasetId);
    await this.get(tenantId, datasetId, documentId);
    const indexes = await documents.indexes(dataset);
    await telling.afterwards(
      indexes,
      documentId,
      () => documents.delete(dataset, documentId),
      async () => {
        for (const index of indexes) await store.remove(index, { documentIds: [documentId] });
      },
    );
    this.parts.nudge();
  }

  private async newOrigin(tenantId: string, given: GivenDocumentChange): Promise<DocumentOrigin | undefined> {
    const { text, source, sourceName = '', fileId = '', mediaType = '' } = given;
    if (text === undefined && source === undefined) return undefined;
    const whole = { source: source ?? 'text', sourceName, text: text ?? '', fileId, mediaType };
    return this.checked(tenantId, originOf(whole));
  }

  private async checked(tenantId: string, origin: DocumentOrigin): Promise<DocumentOrigin> {
    if (origin.source === 'text') checkedText(origin.text, this.parts.limits.documentCharacters);
    else await this.parts.texts.check(tenantId, origin);
    return origin;
  }
}

const anyDocument: DocumentSelection = { statuses: [], enabled: undefined, archived: undefined };

const charactersOf = (origin: DocumentOrigin | undefined) => (origin?.source === 'text' ? origin.text.length : 0);
