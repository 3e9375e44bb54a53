import { Body, Controller, Get, HttpCode, Param, Post, Query, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { ErasureKeeping } from '../../domain/erasure/erasure-keeping.js';
import { Audited } from '../audit/audited.js';
import { Requires } from '../auth/access.js';
import { errorSchema } from '../errors/error-body.js';
import {
  erasurePageSchema,
  erasureSchema,
  type ListErasuresQuery,
  listErasuresSchema,
  type StartErasureBody,
  startErasureSchema,
} from './erasure.schemas.js';
import { erasureView } from './erasure.view.js';

/** Forgets what the organisation's apps keep of an end user, and reports what that was. */
@ApiTags('privacy')
@ApiBearerAuth()
@ApiResponse({ status: 'default', standardSchema: errorSchema, description: 'What went wrong.' })
@Controller('api/v1/erasures')
export class ErasuresController {
  constructor(private readonly erasures: ErasureKeeping) {}

  @Post()
  @Requires('privacy:manage')
  @Audited('erasure', 'create')
  @HttpCode(202)
  @ApiOperation({
    summary: 'Erase an end user',
    description:
      'Runs of theirs that are under way are cancelled first. It goes on in the background, also after a crash, until nothing is left; ask for it again to see the report. The same wish while one is under way answers with that one.',
  })
  @ApiResponse({ status: 202, standardSchema: erasureSchema })
  async start(@Req() { tenantId }: FastifyRequest, @Body({ schema: startErasureSchema }) body: StartErasureBody) {
    const { end_user, workflow_id = '', dry_run } = body;
    return erasureView(await this.erasures.begin(tenantId, end_user, workflow_id, dry_run));
  }

  @Get()
  @Requires('privacy:manage')
  @ApiOperation({ summary: 'List erasures, newest first' })
  @ApiResponse({ status: 200, standardSchema: erasurePageSchema })
  async list(
    @Req() { tenantId }: FastifyRequest,
    @Query({ schema: listErasuresSchema }) { cursor, limit }: ListErasuresQuery,
  ) {
    const found = await this.erasures.list(tenantId, cursor, limit + 1);
    const items = found.slice(0, limit);
    return {
      items: items.map(erasureView),
      next_cursor: found.length > limit ? String(items.at(-1)?.number) : null,
    };
  }

  @Get(':id')
  @Requires('privacy:manage')
  @ApiOperation({ summary: 'How far an erasure is, and its report' })
  @ApiResponse({ status: 200, standardSchema: erasureSchema })
  async get(@Req() { tenantId }: FastifyRequest, @Param('id') id: string) {
    return erasureView(await this.erasures.get(tenantId, id));
  }
}
