import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Patch, Post, Query, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import type { Datasets, StoredFiles } from '../../domain/ports.js';
import { Audited } from '../audit/audited.js';
import { Requires, routeConfig } from '../auth/access.js';
import { errorSchema } from '../errors/error-body.js';
import { DATASETS, STORED_FILES } from '../tokens.js';
import {
  type CreateDocumentBody,
  createDocumentSchema,
  documentPageSchema,
  documentSchema,
  type ListDatasetsQuery,
  listDatasetsSchema,
  type UpdateDocumentBody,
  updateDocumentSchema,
} from './dataset.schemas.js';
import { documentView } from './dataset.view.js';

@ApiTags('datasets')
@ApiBearerAuth()
@ApiResponse({ status: 'default', standardSchema: errorSchema, description: 'What went wrong.' })
@Controller('api/v1/datasets/:dataset/documents')
export class DocumentsController {
  constructor(
    @Inject(DATASETS) private readonly datasets: Datasets,
    @Inject(STORED_FILES) private readonly files: StoredFiles,
  ) {}

  @Post()
  @Requires('datasets:write', { dataset: 'dataset' })
  @Audited('document', 'create')
  @routeConfig({ load: 'batch' })
  @HttpCode(202)
  @ApiOperation({
    summary: 'Add a document',
    description: 'It is read, cut and indexed afterwards: its status tells how far it is, or why it cannot be.',
  })
  @ApiResponse({ status: 202, standardSchema: documentSchema })
  async create(
    @Req() { tenantId }: FastifyRequest,
    @Param('dataset') datasetId: string,
    @Body({ schema: createDocumentSchema }) { name, text = '', file_id, url, metadata, chunking }: CreateDocumentBody,
  ) {
    const { document } = await this.datasets.createDocument({
      ...{ tenantId, datasetId, name, text, source: 'text', sourceName: '', fileId: '', mediaType: '' },
      ...(await this.origin(tenantId, file_id, url)),
      metadataJson: JSON.stringify(metadata),
      chunkingJson: chunking ? JSON.stringify(chunking) : '',
    });
    return documentView(document);
  }

  @Get()
  @Requires('datasets:read', { dataset: 'dataset' })
  @ApiOperation({ summary: 'List documents, newest first' })
  @ApiResponse({ status: 200, standardSchema: documentPageSchema })
  async list(
    @Req() { tenantId }: FastifyRequest,
    @Param('dataset') datasetId: string,
    @Query({ schema: listDatasetsSchema }) page: ListDatasetsQuery,
  ) {
    const { documents, nextCursor } = await this.datasets.listDocuments({
      ...{ tenantId, datasetId, page: 0, ...page },
      ...{ statuses: [], enabled: undefined, archived: undefined },
    });
    return { items: documents.map(documentView), next_cursor: nextCursor || null };
  }

  @Get(':id')
  @Requires('datasets:read', { dataset: 'dataset' })
  @ApiOperation({ summary: 'Read a document with its status and progress' })
  @ApiResponse({ status: 200, standardSchema: documentSchema })
  async get(@Req() { tenantId }: FastifyRequest, @Param('dataset') datasetId: string, @Param('id') documentId: string) {
    return documentView((await this.datasets.getDocument({ tenantId, datasetId, documentId })).document);
  }

  @Patch(':id')
  @Requires('datasets:write', { dataset: 'dataset' })
  @Audited('document', 'change')
  @ApiOperation({ summary: 'Change, enable, archive or pause a document; what is left out stays as it is' })
  @ApiResponse({ status: 200, standardSchema: documentSchema })
  async update(
    @Req() { tenantId }: FastifyRequest,
    @Param('dataset') datasetId: string,
    @Param('id') documentId: string,
    @Body({ schema: updateDocumentSchema }) { metadata, file_id, url, chunking, ...change }: UpdateDocumentBody,
  ) {
    const metadataJson = metadata && JSON.stringify(metadata);
    const { document } = await this.datasets.updateDocument({
      tenantId,
      datasetId,
      documentId,
      ...change,
      ...(await this.origin(tenantId, file_id, url)),
      metadataJson,
      chunkingJson: chunking === null ? '' : chunking && JSON.stringify(chunking),
    });
    return documentView(document);
  }

  @Post(':id/retry')
  @Requires('datasets:write', { dataset: 'dataset' })
  @Audited('document', 'retry')
  @HttpCode(202)
  @ApiOperation({ summary: 'Try again what has ended in an error' })
  @ApiResponse({ status: 202, standardSchema: documentSchema })
  async retry(
    @Req() { tenantId }: FastifyRequest,
    @Param('dataset') datasetId: string,
    @Param('id') documentId: string,
  ) {
    return documentView((await this.datasets.retryDocument({ tenantId, datasetId, documentId })).document);
  }

  @Delete(':id')
  @Requires('datasets:write', { dataset: 'dataset' })
  @Audited('document', 'delete')
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete a document' })
  @ApiResponse({ status: 204 })
  async delete(
    @Req() { tenantId }: FastifyRequest,
    @Param('dataset') datasetId: string,
    @Param('id') documentId: string,
  ): Promise<void> {
    await this.datasets.deleteDocument({ tenantId, datasetId, documentId });
  }

  /** Where a text is that is to be read; undefined for none. */
  private async origin(tenantId: string, fileId: string | undefined, url: string | undefined) {
    if (url !== undefined) return { source: 'url', sourceName: url };
    if (fileId === undefined) return undefined;
    const { file } = await this.files.getFile({ tenantId, fileId });
    return { source: 'file', fileId, sourceName: file?.name ?? '', mediaType: file?.mediaType ?? '' };
  }
}
