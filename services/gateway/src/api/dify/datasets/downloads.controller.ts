import { Readable } from 'node:stream';
import { Controller, Get, Inject, Param, Post, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import { FailureError } from '@treadle/failure';
import type { FileStore } from '@treadle/files';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Datasets } from '../../../domain/ports.js';
import { NotAudited } from '../../audit/audited.js';
import { Requires } from '../../auth/access.js';
import { publicAddress } from '../../server/public-address.js';
import { DATASETS, FILE_STORE, PUBLIC_URL } from '../../tokens.js';
import { difyErrorSchema } from '../dify.schemas.js';
import { difyFailure } from '../dify-error.js';
import { told } from './found.js';

const urlSchema = z
  .object({ url: z.string().meta({ description: 'Asked with the same API key.' }) })
  .meta({ id: 'DifyUrl' });

interface Place {
  readonly tenantId: string;
  readonly datasetId: string;
  readonly documentId: string;
}

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
    const place = { tenantId, datasetId, documentId };
    const { fileId, mediaType, sourceName, name } = told((await this.datasets.getDocument(place)).document);
    const content = fileId ? await this.files.get(`${tenantId}/files/${fileId}`) : await this.text(place);
    if (!content) throw FailureError.of('file_not_found', 'The file of this document was deleted.', { field: 'id' });
    const called = fileId ? sourceName : `${name}.txt`;
    // Saved and never shown: a page that somebody sent must not run as one of ours.
    void reply.header('content-disposition', `attachment; filename*=UTF-8''${encodeURIComponent(called)}`);
    await reply
      .type(fileId ? mediaType || 'application/octet-stream' : 'text/plain; charset=utf-8')
      .send(Readable.from(content));
  }

  @Post('download-zip')
  @Requires('datasets:read', { dataset: 'dataset' })
  @NotAudited('changes nothing')
  @ApiOperation({ summary: 'Not supported' })
  zip(): never {
    throw difyFailure('bad_request', 'Documents are not packed together here. Ask for each one by its download.');
  }

  /** The first part is read before the answer begins, so that what is missing can still be told. */
  private async text(place: Place): Promise<AsyncIterable<Uint8Array>> {
    const first = await this.datasets.readDocumentText({ ...place, part: 0 });
    const { datasets } = this;
    return (async function* () {
      for (let read = first; ; read = await datasets.readDocumentText({ ...place, part: read.nextPart })) {
        yield Buffer.from(read.content);
        if (read.nextPart === 0) return;
      }
    })();
  }
}
