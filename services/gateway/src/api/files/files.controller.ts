import { Readable } from 'node:stream';
import { Controller, Delete, Get, HttpCode, Inject, Param, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { File } from '@treadle/contracts';
import { FailureError } from '@treadle/failure';
import type { FileStore } from '@treadle/files';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { StoredFiles } from '../../domain/ports.js';
import { Audited } from '../audit/audited.js';
import { Requires } from '../auth/access.js';
import { errorSchema } from '../errors/error-body.js';
import { FILE_STORE, STORED_FILES } from '../tokens.js';
import { fileSchema } from './file.schemas.js';
import { fileView } from './file.view.js';

@ApiTags('files')
@ApiBearerAuth()
@ApiResponse({ status: 'default', standardSchema: errorSchema, description: 'What went wrong.' })
@Controller('api/v1/files')
export class FilesController {
  constructor(
    @Inject(STORED_FILES) private readonly files: StoredFiles,
    @Inject(FILE_STORE) private readonly store: FileStore,
  ) {}

  @Get(':id')
  @Requires('files:read')
  @ApiOperation({ summary: 'One file' })
  @ApiResponse({ status: 200, standardSchema: fileSchema })
  async get(@Req() { tenantId }: FastifyRequest, @Param('id') fileId: string) {
    return fileView(await this.find(tenantId, fileId));
  }

  @Get(':id/content')
  @Requires('files:read')
  @ApiOperation({ summary: 'The content of a file' })
  @ApiProduces('application/octet-stream')
  @ApiResponse({ status: 200, schema: { type: 'string', format: 'binary' } })
  async content(
    @Req() { tenantId }: FastifyRequest,
    @Param('id') fileId: string,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { name, mediaType, bytes } = await this.find(tenantId, fileId);
    const content = await this.store.get(`${tenantId}/files/${fileId}`);
    if (!content) throw gone(fileId);
    // Saved and never shown: a page that somebody uploaded must not run as one of ours.
    void reply
      .header('content-disposition', `attachment; filename*=UTF-8''${encodeURIComponent(name)}`)
      .header('content-length', bytes);
    await reply.type(mediaType).send(Readable.from(content));
  }

  @Delete(':id')
  @Requires('files:write')
  @Audited('file', 'delete')
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete a file; runs that read it later fail there' })
  @ApiResponse({ status: 204 })
  async delete(@Req() { tenantId }: FastifyRequest, @Param('id') fileId: string): Promise<void> {
    await this.files.deleteFile({ tenantId, fileId });
  }

  private async find(tenantId: string, fileId: string): Promise<File> {
    const { file } = await this.files.getFile({ tenantId, fileId });
    if (!file) throw gone(fileId);
    return file;
  }
}

function gone(id: string): FailureError {
  return FailureError.of('file_not_found', `There is no file ${id.slice(0, 100)}.`, { field: 'id' });
}
