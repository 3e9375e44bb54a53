import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Patch, Query, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import type { Datasets, Labels } from '../../../domain/ports.js';
import { Audited } from '../../audit/audited.js';
import { Requires } from '../../auth/access.js';
import { DATASETS, LABELS } from '../../tokens.js';
import { difyErrorSchema } from '../dify.schemas.js';
import { difyFailure } from '../dify-error.js';
import {
  type DocumentIdsBody,
  documentDetailSchema,
  documentIdsSchema,
  documentPageSchema,
  type GetDocumentQuery,
  getDocumentSchema,
  indexingStatusSchema,
  type ListDocumentsQuery,
  listDocumentsSchema,
  resultSchema,
  success,
} from './document.schemas.js';
import { documentDetail, documentView, indexingView, selectionOf } from './document.view.js';
import { metadataView } from './document-metadata.js';
import { told } from './found.js';
import { pageView } from './page.js';

const actions = {
  enable: { enabled: true },
  disable: { enabled: false },
  archive: { archived: true },
  un_archive: { archived: false },
} as const;

@ApiTags('dify datasets')
@ApiBearerAuth()
@ApiResponse({ status: 'default', standardSchema: difyErrorSchema, description: 'What went wrong.' })
@Controller('v1/datasets/:dataset/documents')
export class DifyDocumentsController {
  constructor(
    @Inject(DATASETS) private readonly datasets: Datasets,
    @Inject(LABELS) private readonly labels: Labels,
  ) {}

  @Get()
  @Requires('datasets:read', { dataset: 'dataset' })
  @ApiOperation({ summary: 'List documents, newest first' })
  @ApiResponse({ status: 200, standardSchema: documentPageSchema })
  async list(
    @Req() { tenantId }: FastifyRequest,
    @Param('dataset') datasetId: string,
    @Query({ schema: listDocumentsSchema }) asked: ListDocumentsQuery,
  ) {
    const { page, limit, keyword, status } = asked;
    const dataset = await this.dataset(tenantId, datasetId);
    const { documents, total } = await this.datasets.listDocuments({
      ...{ tenantId, datasetId, page, limit, keyword, cursor: '' },
      ...selectionOf(status),
    });
    const fields = await this.labels.listFields({ tenantId, datasetId });
    return pageView(
      documents.map((document) => ({
        ...documentView(document, dataset),
        doc_metadata: metadataView(document, fields),
      })),
      total,
      asked,
    );
  }

  @Get(':id')
  @Requires('datasets:read', { dataset: 'dataset' })
  @ApiOperation({ summary: 'Read a document' })
  @ApiResponse({ status: 200, standardSchema: documentDetailSchema })
  async get(
    @Req() { tenantId }: FastifyRequest,
    @Param('dataset') datasetId: string,
    @Param('id') documentId: string,
    @Query({ schema: getDocumentSchema }) { metadata }: GetDocumentQuery,
  ) {
    const dataset = await this.dataset(tenantId, datasetId);
    const document = told((await this.datasets.getDocument({ tenantId, datasetId, documentId })).document);
    if (metadata === 'without') return documentDetail(document, dataset);
    const doc_metadata = metadataView(document, await this.labels.listFields({ tenantId, datasetId }));
    const { id } = document;
    return metadata === 'only'
      ? { id, doc_type: null, doc_metadata }
      : { ...documentDetail(document, dataset), doc_metadata };
  }

  @Get(':id/indexing-status')
  @Requires('datasets:read', { dataset: 'dataset' })
  @ApiOperation({ summary: 'How far the indexing is of the documents of a batch; each document is one' })
  @ApiResponse({ status: 200, standardSchema: indexingStatusSchema })
  async indexing(
    @Req() { tenantId }: FastifyRequest,
    @Param('dataset') datasetId: string,
    @Param('id') documentId: string,
  ) {
    const { document } = await this.datasets.getDocument({ tenantId, datasetId, documentId });
    return { data: [indexingView(told(document))] };
  }

  @Patch('status/:action')
  @Requires('datasets:write', { dataset: 'dataset' })
  @Audited('document', 'change')
  @ApiOperation({ summary: 'Enable, disable, archive or un_archive documents' })
  @ApiResponse({ status: 200, standardSchema: resultSchema })
  async setStatus(
    @Req() { tenantId }: FastifyRequest,
    @Param('dataset') datasetId: string,
    @Param('action') action: string,
    @Body({ schema: documentIdsSchema }) { document_ids: ids }: DocumentIdsBody,
  ) {
    const names = Object.keys(actions).join(', ');
    if (!Object.hasOwn(actions, action))
      throw difyFailure('invalid_param', `"${action.slice(0, 50)}" is no action: ${names} are.`, 'action');
    // All of them are there, or nothing is changed.
    await Promise.all(ids.map((documentId) => this.datasets.getDocument({ tenantId, datasetId, documentId })));
    for (const documentId of ids)
      await this.datasets.updateDocument({
        ...{ tenantId, datasetId, documentId },
        ...actions[action as keyof typeof actions],
      });
    return success;
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

  private async dataset(tenantId: string, datasetId: string) {
    return told((await this.datasets.getDataset({ tenantId, datasetId })).dataset);
  }
}
