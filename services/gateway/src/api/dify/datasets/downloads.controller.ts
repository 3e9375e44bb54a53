import { Readable } from 'node:stream';
import { Body, Controller, Get, HttpCode, Inject, Param, Post, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FileStore } from '@treadle/files';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Datasets } from '../../../domain/ports.js';
import { NotAudited } from '../../audit/audited.js';
import { Requires } from '../../auth/access.js';
import { publicAddress } from '../../server/public-address.js';
import { DATASETS, FILE_STORE, PUBLIC_URL } from '../../tokens.js';
import { difyErrorSchema } from '../dify.schemas.js';
import { type DocumentIdsBody, documentIdsSchema } from './document.schemas.js';
import { type DocumentFile, documentFile } from './document-files.js';
import { packDocuments } from './pack-documents.js';

const urlSchema = z
  .object({ url: z.string().meta({ description: 'Asked with the same API key.' }) })
  .meta({ id: 'DifyUrl' });

/** What documents were made of. */
@ApiTags('dify datasets')
@ApiBearerAuth()
@ApiResponse({ status: 'default', standardSchema: difyErrorSchema, description: 'What went wrong.' })
@Controller('v1/datasets/:dataset/documents')
export class DifyDownloadsController {
  constructor(
    @Inject(DATASETS) private readonly datasets: Datasets,
    @Inject(FILE_STORE) private readonly files: FileStore,
    @Inject(PUBLIC_URL) private readonly publicUrl: string,
  ) {}

  @Get(':id/download')
  @Requires('datasets:read', { dataset: 'dataset' })
  @ApiOperation({ summary: 'Where the file or the text of a document is' })
  @ApiResponse({ status: 200, standardSchema: urlSchema })
  async download(@Req() http: FastifyRequest, @Param('dataset') datasetId: string, @Param('id') documentId: string) {
    await this.datasets.getDocument({ tenantId: http.tenantId, datasetId, documentId });
    return { url: `${publicAddress(http, this.publicUrl)}/v1/datasets/${datasetId}/documents/${documentId}/file` };
  }

  @Get(':id/file')
  @Requires('datasets:read', { dataset: 'dataset' })
  @ApiOperation({ summary: 'The file of a document as it was sent, or its text' })
  @ApiProduces('application/octet-stream')
  @ApiResponse({ status: 200, schema: { type: 'string', format: 'binary' } })
  async file(
    @Req() { tenantId }: FastifyRequest,
    @Param('dataset') datasetId: string,
    @Param('id') documentId: string,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { name, mediaType, open } = await documentFile(this.datasets, this.files, {
      tenantId,
      datasetId,
      documentId,
    });
    const content = await open();
    // Saved and never shown: a page that somebody sent must not run as one of ours.
    void reply.header('content-disposition', `attachment; filename*=UTF-8''${encodeURIComponent(name)}`);
    await reply.type(mediaType).send(Readable.from(content));
  }

  @Post('download-zip')
  @Requires('datasets:read', { dataset: 'dataset' })
  @NotAudited('changes nothing')
  @HttpCode(200)
  @ApiOperation({ summary: 'The files or the texts of several documents, packed together' })
  @ApiProduces('application/zip')
  @ApiResponse({ status: 200, schema: { type: 'string', format: 'binary' } })
  async zip(
    @Req() { tenantId }: FastifyRequest,
    @Param('dataset') datasetId: string,
    @Body({ schema: documentIdsSchema }) { document_ids: ids }: DocumentIdsBody,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const files: DocumentFile[] = [];
    // All are looked up before the answer begins, so that what is missing can still be told.
    for (const documentId of new Set(ids))
      files.push(await documentFile(this.datasets, this.files, { tenantId, datasetId, documentId }));
    void reply.header('content-disposition', 'attachment; filename="documents.zip"');
    await reply.type('application/zip').send(packDocuments(files));
  }
}
