import { Controller, Get, HttpCode, Inject, Param, Post, Query, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { FailureError } from '@treadle/failure';
import type { FastifyRequest } from 'fastify';
import type { Entries } from '../../domain/ports.js';
import { Audited } from '../audit/audited.js';
import { Requires } from '../auth/access.js';
import { errorSchema } from '../errors/error-body.js';
import { ENTRIES } from '../tokens.js';
import { type ListTriggersQuery, listTriggersQuery, scheduleListSchema, scheduleSchema } from './trigger.schemas.js';
import { scheduleView } from './trigger.view.js';

@ApiTags('schedules')
@ApiBearerAuth()
@ApiResponse({ status: 'default', standardSchema: errorSchema, description: 'What went wrong.' })
@Controller('api/v1/schedules')
export class SchedulesController {
  constructor(@Inject(ENTRIES) private readonly entries: Entries) {}

  @Get()
  @Requires('triggers:read')
  @ApiOperation({ summary: 'List schedules, those of old versions included' })
  @ApiResponse({ status: 200, standardSchema: scheduleListSchema })
  async list(
    @Req() { tenantId }: FastifyRequest,
    @Query({ schema: listTriggersQuery }) { workflow_id: workflowId }: ListTriggersQuery,
  ) {
    const { schedules } = await this.entries.listSchedules({ tenantId, workflowId });
    return { items: schedules.map(scheduleView) };
  }

  @Post(':id/pause')
  @Requires('triggers:manage')
  @Audited('schedule', 'pause')
  @HttpCode(200)
  @ApiOperation({ summary: 'Begin no runs by a schedule until it is resumed' })
  @ApiResponse({ status: 200, standardSchema: scheduleSchema })
  pause(@Req() { tenantId }: FastifyRequest, @Param('id') scheduleId: string) {
    return this.setPaused(tenantId, scheduleId, true);
  }

  @Post(':id/resume')
  @Requires('triggers:manage')
  @Audited('schedule', 'resume')
  @HttpCode(200)
  @ApiOperation({ summary: 'Let a schedule go on from its next moment; what passed meanwhile is not caught up' })
  @ApiResponse({ status: 200, standardSchema: scheduleSchema })
  resume(@Req() { tenantId }: FastifyRequest, @Param('id') scheduleId: string) {
    return this.setPaused(tenantId, scheduleId, false);
  }

  private async setPaused(tenantId: string, scheduleId: string, paused: boolean) {
    const { schedule } = await this.entries.setSchedulePaused({ tenantId, scheduleId, paused });
    if (!schedule) throw FailureError.of('internal', 'The orchestrator changed a schedule and did not say which.');
    return scheduleView(schedule);
  }
}
