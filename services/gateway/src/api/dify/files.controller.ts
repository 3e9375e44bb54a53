import { Readable } from 'node:stream';
import { Controller, Get, HttpCode, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiConsumes, ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FileStore } from '@treadle/files';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { EndUsers } from '../../domain/end-users.js';
import type { StoredFiles } from '../../domain/ports.js';
import { NotAudited } from '../audit/audited.js';
import { Requires } from '../auth/access.js';
import { FILE_STORE, STORED_FILES } from '../tokens.js';
import { appOf } from './app.js';
import { AppUploads } from './app-uploads.js';
import { difyErrorSchema } from './dify.schemas.js';
import { difyFailure } from './dify-error.js';
import { type PreviewQuery, previewSchema, uploadedFileSchema } from './file.schemas.js';
import { seconds } from './run.view.js';

/** What a browser may show in its place: nothing of it can run. */
const harmless = /^(?:image\/(?:png|jpeg|gif|webp)|audio\/[\w.+-]+|video\/[\w.+-]+)$/;

@ApiTags('dify')
@ApiBearerAuth()
@ApiResponse({ status: 'default', standardSchema: difyErrorSchema, description: 'What went wrong.' })
@Controller('v1/files')
export class DifyFilesController {
  constructor(
    private readonly uploads: AppUploads,
    private readonly endUsers: EndUsers,
    @Inject(STORED_FILES) private readonly files: StoredFiles,
    @Inject(FILE_STORE) private readonly store: FileStore,
  ) {}

  @Post('upload')
  @Requires('files:write', 'the app of the key')
  @NotAudited('adds a file of its own, which names its owner')
  @HttpCode(201)
  @ApiOperation({ summary: 'Upload a file of an end user' })
  @ApiConsumes('multipart/form-data')
  @ApiBody({
    schema: {
      type: 'object',
      properties: { file: { type: 'string', format: 'binary' }, user: { type: 'string' } },
      required: ['file', 'user'],
    },
  })
  @ApiResponse({ status: 201, standardSchema: uploadedFileSchema })
  async upload(@Req() http: FastifyRequest) {
    const { tenantId, workflowId } = appOf(http);
    const { user = '', ...file } = await this.uploads.take(http, tenantId);
    return {
      id: file.id,
      name: file.name,
      size: file.bytes,
      extension: file.extension,
      mime_type: file.mediaType,
      created_by: await this.endUsers.note(tenantId, workflowId, user),
      created_at: seconds(file.createdUnixMs) ?? 0,
      preview_url: `/v1/files/${file.id}/preview?user=${encodeURIComponent(user)}`,
      source_url: null,
    };
  }

  @Get(':id/preview')
  @Requires('files:read', 'the app of the key')
  @ApiOperation({ summary: 'The content of a file' })
  @ApiProduces('application/octet-stream')
  @ApiResponse({ status: 200, schema: { type: 'string', format: 'binary' } })
  async preview(
    @Req() http: FastifyRequest,
    @Param('id') fileId: string,
    @Query({ schema: previewSchema }) { user, as_attachment: asAttachment }: PreviewQuery,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { tenantId } = appOf(http);
    const { file } = await this.files.getFile({ tenantId, fileId, user });
    const content = file && (await this.store.get(`${tenantId}/files/${fileId}`));
    if (!content) throw difyFailure('file_not_found', 'There is no such file any more.');
    const how = !asAttachment && harmless.test(file.mediaType) ? 'inline' : 'attachment';
    void reply
      .header('content-disposition', `${how}; filename*=UTF-8''${encodeURIComponent(file.name)}`)
      .header('content-length', file.bytes);
    await reply.type(file.mediaType).send(Readable.from(content));
  }
}
