import { Body, Controller, Get, Inject, Put, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import type { Retention } from '../../domain/ports.js';
import { Audited } from '../audit/audited.js';
import { Requires } from '../auth/access.js';
import { errorSchema } from '../errors/error-body.js';
import { RETENTION } from '../tokens.js';
import { retentionSchema, type SaveRetentionBody, saveRetentionSchema } from './retention.schemas.js';
import { retentionView } from './retention.view.js';

/** How long the organisation's runs, conversations and files are kept. */
@ApiTags('privacy')
@ApiBearerAuth()
@ApiResponse({ status: 'default', standardSchema: errorSchema, description: 'What went wrong.' })
@Controller('api/v1/organisation/retention')
export class RetentionController {
  constructor(@Inject(RETENTION) private readonly retention: Retention) {}

  @Get()
  @Requires('organisation:read')
  @ApiOperation({ summary: 'How long things are kept' })
  @ApiResponse({ status: 200, standardSchema: retentionSchema })
  async get(@Req() { tenantId }: FastifyRequest) {
    return retentionView(await this.retention.getRetention({ tenantId }));
  }

  @Put()
  @Requires('privacy:manage')
  @Audited('retention', 'save')
  @ApiOperation({
    summary: 'Set how long things are kept',
    description:
      'What is older is deleted within minutes, in small batches, and is not found any more (404). Runs that are under way or paused stay, and so do their files and conversations.',
  })
  @ApiResponse({ status: 200, standardSchema: retentionSchema })
  async save(@Req() { tenantId }: FastifyRequest, @Body({ schema: saveRetentionSchema }) body: SaveRetentionBody) {
    const set = Object.entries(body).filter(([, days]) => days !== null);
    return retentionView(await this.retention.setRetention({ tenantId, days: Object.fromEntries(set) }));
  }
}
