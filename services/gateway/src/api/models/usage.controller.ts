import { Controller, Get, Inject, Query, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import type { ModelAdmin } from '../../domain/ports.js';
import { Requires } from '../auth/access.js';
import { errorSchema } from '../errors/error-body.js';
import { MODEL_ADMIN } from '../tokens.js';
import { usageGroupView } from './model.view.js';
import { filterOf, type UsageQuery, usageQuery, usageSchema } from './usage.schemas.js';

const defaultSpanMs = 30 * 24 * 3_600_000;

@ApiTags('models')
@ApiBearerAuth()
@ApiResponse({ status: 'default', standardSchema: errorSchema, description: 'What went wrong.' })
@Controller('api/v1/usage')
export class UsageController {
  constructor(@Inject(MODEL_ADMIN) private readonly admin: ModelAdmin) {}

  @Get()
  @Requires('usage:read')
  @ApiOperation({ summary: 'What calls to models used and cost, the most expensive group first' })
  @ApiResponse({ status: 200, standardSchema: usageSchema })
  async query(@Req() { tenantId }: FastifyRequest, @Query({ schema: usageQuery }) query: UsageQuery) {
    // A call that ends in this millisecond counts too.
    const toUnixMs = query.to === undefined ? Date.now() + 1 : Date.parse(query.to);
    const fromUnixMs = query.from === undefined ? toUnixMs - defaultSpanMs : Date.parse(query.from);
    const { groups } = await this.admin.queryUsage({
      tenantId,
      fromUnixMs,
      toUnixMs,
      groupBy: query.group_by ?? [],
      filter: filterOf(query),
      limit: query.limit,
    });
    const moments = { from: new Date(fromUnixMs).toISOString(), to: new Date(toUnixMs).toISOString() };
    return { ...moments, items: groups.map(usageGroupView) };
  }
}
