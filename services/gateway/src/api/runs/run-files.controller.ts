import { Readable } from 'node:stream';
import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import { FailureError } from '@treadle/failure';
import { RunValues } from '@treadle/files';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Requires } from '../auth/access.js';
import { errorSchema } from '../errors/error-body.js';

@ApiTags('runs')
@ApiBearerAuth()
@ApiResponse({ status: 'default', standardSchema: errorSchema, description: 'What went wrong.' })
@Controller('api/v1/runs/:id/files')
export class RunFilesController {
  constructor(private readonly values: RunValues) {}

  @Get(':file')
  @Requires('runs:read', { run: 'id' })
  @ApiOperation({
    summary: 'A file that a run made',
    description:
      'Such as the answer of a server, or what a tool gave. This is the `url` of the file. It goes when the run goes.',
  })
  @ApiProduces('application/octet-stream')
  @ApiResponse({ status: 200, schema: { type: 'string', format: 'binary' } })
  async get(
    @Req() { tenantId }: FastifyRequest,
    @Param('id') runId: string,
    @Param('file') fileId: string,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const content = await this.values.openFile({ tenantId, runId }, fileId);
    if (!content) throw FailureError.of('file_not_found', 'The run has no such file.', { field: 'file' });
    // Saved and never shown: a page that some server gave must not run as one of ours.
    void reply.header('content-disposition', 'attachment');
    await reply.type('application/octet-stream').send(Readable.from(content));
  }
}
