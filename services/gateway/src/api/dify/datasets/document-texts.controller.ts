import { Body, Controller, HttpCode, Param, Patch, Post, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiConsumes, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { Uploads } from '../../../domain/uploads.js';
import { Audited } from '../../audit/audited.js';
import { Requires, routeConfig } from '../../auth/access.js';
import { difyErrorSchema } from '../dify.schemas.js';
import {
  type CreateByTextBody,
  createByTextSchema,
  documentAndBatchSchema,
  type UpdateByTextBody,
  updateByTextSchema,
} from './document.schemas.js';
import { withForm } from './document-form.js';
import { DifyDocumentTexts } from './document-texts.js';

const form = {
  type: 'object',
  properties: {
    file: { type: 'string', format: 'binary' },
    data: { type: 'string', description: 'JSON, with what is sent beside a text.' },
  },
};

/** Texts and files that become documents. Dify has two spellings of every address. */
@ApiTags('dify datasets')
@ApiBearerAuth()
@ApiResponse({ status: 'default', standardSchema: difyErrorSchema, description: 'What went wrong.' })
@Controller('v1/datasets/:dataset')
export class DifyDocumentTextsController {
  constructor(
    private readonly texts: DifyDocumentTexts,
    private readonly uploads: Uploads,
  ) {}

  @Post(['document/create-by-text', 'document/create_by_text'])
  @Requires('datasets:write', { dataset: 'dataset' })
  @Audited('document', 'create')
  @HttpCode(200)
  @ApiOperation({ summary: 'Add a text as a document' })
  @ApiResponse({ status: 200, standardSchema: documentAndBatchSchema })
  createByText(
    @Req() { tenantId }: FastifyRequest,
    @Param('dataset') datasetId: string,
    @Body({ schema: createByTextSchema }) body: CreateByTextBody,
  ) {
    return this.texts.createByText(tenantId, datasetId, body);
  }

  @Post(['document/create-by-file', 'document/create_by_file'])
  @Requires('datasets:write', { dataset: 'dataset' })
  @Audited('document', 'create')
  @routeConfig({ uploads: true })
  @HttpCode(200)
  @ApiOperation({ summary: 'Add a file as a document' })
  @ApiConsumes('multipart/form-data')
  @ApiBody({ schema: form })
  @ApiResponse({ status: 200, standardSchema: documentAndBatchSchema })
  createByFile(@Req() http: FastifyRequest, @Param('dataset') datasetId: string) {
    return withForm(http, this.uploads, (sent) => this.texts.createByFile(http.tenantId, datasetId, sent));
  }

  @Post(['documents/:id/update-by-text', 'documents/:id/update_by_text'])
  @Requires('datasets:write', { dataset: 'dataset' })
  @Audited('document', 'change')
  @HttpCode(200)
  @ApiOperation({ summary: 'Give a document another name or text' })
  @ApiResponse({ status: 200, standardSchema: documentAndBatchSchema })
  updateByText(
    @Req() { tenantId }: FastifyRequest,
    @Param('dataset') datasetId: string,
    @Param('id') documentId: string,
    @Body({ schema: updateByTextSchema }) body: UpdateByTextBody,
  ) {
    return this.texts.updateByText(tenantId, datasetId, documentId, body);
  }

  @Post(['documents/:id/update-by-file', 'documents/:id/update_by_file'])
  @Requires('datasets:write', { dataset: 'dataset' })
  @Audited('document', 'change')
  @routeConfig({ uploads: true })
  @HttpCode(200)
  @ApiOperation({ summary: 'Give a document another file' })
  @ApiConsumes('multipart/form-data')
  @ApiBody({ schema: form })
  @ApiResponse({ status: 200, standardSchema: documentAndBatchSchema })
  updateByFile(@Req() http: FastifyRequest, @Param('dataset') datasetId: string, @Param('id') documentId: string) {
    return withForm(http, this.uploads, (sent) => this.texts.updateByFile(http.tenantId, datasetId, documentId, sent));
  }

  @Patch('documents/:id')
  @Requires('datasets:write', { dataset: 'dataset' })
  @Audited('document', 'change')
  @routeConfig({ uploads: true })
  @ApiOperation({ summary: 'Give a document another file: the same as update-by-file' })
  @ApiConsumes('multipart/form-data')
  @ApiBody({ schema: form })
  @ApiResponse({ status: 200, standardSchema: documentAndBatchSchema })
  update(@Req() http: FastifyRequest, @Param('dataset') datasetId: string, @Param('id') documentId: string) {
    return this.updateByFile(http, datasetId, documentId);
  }
}
