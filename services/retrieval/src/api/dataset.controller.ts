import type * as messages from '@treadle/contracts';
import type { Handlers } from '@treadle/grpc';
import type { Chunks } from '../domain/chunks.js';
import type { Datasets } from '../domain/datasets.js';
import type { Documents } from '../domain/documents.js';
import type { Page } from '../domain/ports.js';
import { chunkMessage, datasetMessage, documentMessage } from './messages.js';

/** Datasets, documents and chunks, for callers in this process or over gRPC. */
export class DatasetController implements Handlers<typeof messages.DatasetServiceService> {
  constructor(
    private readonly datasets: Datasets,
    private readonly documents: Documents,
    private readonly chunks: Chunks,
  ) {}

  async createDataset({ tenantId, ...given }: messages.CreateDatasetRequest): Promise<messages.CreateDatasetResponse> {
    return { dataset: datasetMessage(await this.datasets.create(tenantId, given)) };
  }

  async getDataset({ tenantId, datasetId }: messages.GetDatasetRequest): Promise<messages.GetDatasetResponse> {
    return { dataset: datasetMessage(await this.datasets.get(tenantId, datasetId)) };
  }

  async listDatasets(request: messages.ListDatasetsRequest): Promise<messages.ListDatasetsResponse> {
    const {
      items,
      nextCursor,
      total = 0,
    } = await this.datasets.list(request.tenantId, pageOf(request), request.tagIds);
    return { datasets: items.map(datasetMessage), nextCursor, total };
  }

  async updateDataset({
    tenantId,
    datasetId,
    ...given
  }: messages.UpdateDatasetRequest): Promise<messages.UpdateDatasetResponse> {
    return { dataset: datasetMessage(await this.datasets.update(tenantId, datasetId, given)) };
  }

  async deleteDataset({ tenantId, datasetId }: messages.DeleteDatasetRequest): Promise<messages.DeleteDatasetResponse> {
    await this.datasets.delete(tenantId, datasetId);
    return {};
  }

  async createDocument({
    tenantId,
    datasetId,
    ...given
  }: messages.CreateDocumentRequest): Promise<messages.CreateDocumentResponse> {
    return { document: documentMessage(await this.documents.create(tenantId, datasetId, given)) };
  }

  async getDocument(request: messages.GetDocumentRequest): Promise<messages.GetDocumentResponse> {
    const { tenantId, datasetId, documentId } = request;
    return { document: documentMessage(await this.documents.get(tenantId, datasetId, documentId)) };
  }

  async listDocuments(request: messages.ListDocumentsRequest): Promise<messages.ListDocumentsResponse> {
    const { tenantId, datasetId, statuses, enabled, archived } = request;
    const which = { statuses, enabled, archived };
    const page = await this.documents.list(tenantId, datasetId, pageOf(request), which);
    const { items, nextCursor, total = 0 } = page;
    return { documents: items.map(documentMessage), nextCursor, total };
  }

  async updateDocument(request: messages.UpdateDocumentRequest): Promise<messages.UpdateDocumentResponse> {
    const { tenantId, datasetId, documentId, ...given } = request;
    return { document: documentMessage(await this.documents.update(tenantId, datasetId, documentId, given)) };
  }

  async retryDocument(request: messages.RetryDocumentRequest): Promise<messages.RetryDocumentResponse> {
    const { tenantId, datasetId, documentId } = request;
    return { document: documentMessage(await this.documents.retry(tenantId, datasetId, documentId)) };
  }

  async deleteDocument(request: messages.DeleteDocumentRequest): Promise<messages.DeleteDocumentResponse> {
    await this.documents.delete(request.tenantId, request.datasetId, request.documentId);
    return {};
  }

  async readDocumentText(request: messages.ReadDocumentTextRequest): Promise<messages.ReadDocumentTextResponse> {
    const { tenantId, datasetId, documentId, part } = request;
    const { content, last } = await this.documents.part(tenantId, datasetId, documentId, part);
    return { content, nextPart: last ? 0 : part + 1 };
  }

  async listChunks(request: messages.ListChunksRequest): Promise<messages.ListChunksResponse> {
    const { tenantId, datasetId, documentId, parentIds, wholesOnly } = request;
    const which = { parentIds, wholesOnly };
    const page = await this.chunks.list(tenantId, datasetId, documentId, pageOf(request), which);
    const { items, nextCursor, total = 0 } = page;
    return { chunks: items.map(chunkMessage), nextCursor, total };
  }

  async getChunk(request: messages.GetChunkRequest): Promise<messages.GetChunkResponse> {
    const { tenantId, datasetId, documentId, chunkId } = request;
    return { chunk: chunkMessage(await this.chunks.get(tenantId, datasetId, documentId, chunkId)) };
  }

  async saveChunk(request: messages.SaveChunkRequest): Promise<messages.SaveChunkResponse> {
    const { tenantId, datasetId, documentId, chunkId, ...given } = request;
    return { chunk: chunkMessage(await this.chunks.save(tenantId, datasetId, documentId, chunkId, given)) };
  }

  async deleteChunk(request: messages.DeleteChunkRequest): Promise<messages.DeleteChunkResponse> {
    await this.chunks.delete(request.tenantId, request.datasetId, request.documentId, request.chunkId);
    return {};
  }
}

const mostOfPage = 100;

type PageRequest = Omit<Page, 'number'> & { readonly page: number };

function pageOf({ cursor, limit, keyword, page: number }: PageRequest): Page {
  return { cursor, number, limit: Math.min(Math.max(limit, 1), mostOfPage), keyword };
}
