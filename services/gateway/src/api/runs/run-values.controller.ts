import { Readable } from 'node:stream';
import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { FailureError } from '@treadle/failure';
import { RunValues } from '@treadle/files';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Requires } from '../auth/access.js';
import { errorSchema } from '../errors/error-body.js';

@ApiTags('runs')
@ApiBearerAuth()
@ApiResponse({ status: 'default', standardSchema: errorSchema, description: 'What went wrong.' })
@Controller('api/v1/runs/:id/values')
export class RunValuesController {
  constructor(private readonly values: RunValues) {}

  @Get(':hash')
  @Requires('runs:read', { run: 'id' })
  @ApiOperation({
    summary: 'A large value of a run',
    description:
      'Values over 256 KiB are shown as `{ "$large": { "bytes", "url", "path"? } }` in events and at the nodes of a run; this is the `url`. With a `path` only that part of the value is meant. The inputs and outputs of a run hold such values whole, up to 50 MiB together.',
  })
  @ApiResponse({ status: 200, schema: {}, description: 'The value as JSON.' })
  async get(
    @Req() { tenantId }: FastifyRequest,
    @Param('id') runId: string,
    @Param('hash') hash: string,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const content = await this.values.open({ tenantId, runId }, hash);
    if (!content) throw FailureError.of('not_found', 'The run has no such value.', { field: 'hash' });
    await reply.type('application/json; charset=utf-8').send(Readable.from(content));
  }
}
