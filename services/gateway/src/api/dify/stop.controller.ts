import { Body, Controller, HttpCode, Inject, Param, Post, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import type { RunSources } from '../../domain/start-run.js';
import { Audited } from '../audit/audited.js';
import { Requires } from '../auth/access.js';
import { RUN_SOURCES } from '../tokens.js';
import { appOf } from './app.js';
import { difyErrorSchema, resultSchema, success, type UserQuery, userBodySchema } from './dify.schemas.js';

/** Stopping what an end user has begun. A task is a run; one that is over already is stopped. */
@ApiTags('dify')
@ApiBearerAuth()
@ApiResponse({ status: 'default', standardSchema: difyErrorSchema, description: 'What went wrong.' })
@ApiResponse({ status: 200, standardSchema: resultSchema })
@Controller('v1')
export class DifyStopController {
  constructor(@Inject(RUN_SOURCES) private readonly sources: RunSources) {}

  @Post('chat-messages/:task/stop')
  @Requires('runs:cancel', 'the app of the key')
  @Audited('run', 'cancel')
  @HttpCode(200)
  @ApiOperation({ summary: 'Stop the answer of a chat' })
  async chat(
    @Req() http: FastifyRequest,
    @Param('task') task: string,
    @Body({ schema: userBodySchema }) body: UserQuery,
  ) {
    return this.stop(http, task, body);
  }

  @Post('completion-messages/:task/stop')
  @Requires('runs:cancel', 'the app of the key')
  @Audited('run', 'cancel')
  @HttpCode(200)
  @ApiOperation({ summary: 'Stop a completion' })
  async completion(
    @Req() http: FastifyRequest,
    @Param('task') task: string,
    @Body({ schema: userBodySchema }) body: UserQuery,
  ) {
    return this.stop(http, task, body);
  }

  @Post('workflows/tasks/:task/stop')
  @Requires('runs:cancel', 'the app of the key')
  @Audited('run', 'cancel')
  @HttpCode(200)
  @ApiOperation({ summary: 'Stop a run of a workflow' })
  async workflow(
    @Req() http: FastifyRequest,
    @Param('task') task: string,
    @Body({ schema: userBodySchema }) body: UserQuery,
  ) {
    return this.stop(http, task, body);
  }

  private async stop(http: FastifyRequest, runId: string, { user }: UserQuery) {
    await this.sources.runs.cancelRun({ ...appOf(http), runId, user, reason: 'Stopped by its end user.' });
    return success;
  }
}
