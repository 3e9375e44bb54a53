import { Body, Controller, HttpCode, Param, Post, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiHeader, ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { NotAudited } from '../audit/audited.js';
import { Requires } from '../auth/access.js';
import { Apps, requireKind } from './app.js';
import { AppRuns } from './app-runs.js';
import { difyErrorSchema } from './dify.schemas.js';
import { type RunWorkflowBody, runWorkflowSchema, workflowAnswerSchema } from './workflow-run.schemas.js';

@ApiTags('dify')
@ApiBearerAuth()
@ApiResponse({ status: 'default', standardSchema: difyErrorSchema, description: 'What went wrong.' })
@Controller('v1/workflows')
export class DifyWorkflowRunsController {
  constructor(
    private readonly apps: Apps,
    private readonly runs: AppRuns,
  ) {}

  @Post('run')
  @Requires('runs:start', 'the app of the key')
  @NotAudited('a run has a history of its own')
  @HttpCode(200)
  @ApiOperation({ summary: 'Run a workflow app' })
  @ApiHeader({ name: 'Idempotency-Key', required: false, description: 'The same key gives the same run.' })
  @ApiProduces('application/json', 'text/event-stream')
  @ApiResponse({ status: 200, standardSchema: workflowAnswerSchema, description: 'The run, or its stream.' })
  async run(
    @Req() http: FastifyRequest,
    @Body({ schema: runWorkflowSchema }) body: RunWorkflowBody,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.answer(http, reply, body);
  }

  @Post(':version/run')
  @Requires('runs:start', 'the app of the key')
  @NotAudited('a run has a history of its own')
  @HttpCode(200)
  @ApiOperation({ summary: 'Run one version of a workflow app' })
  @ApiHeader({ name: 'Idempotency-Key', required: false, description: 'The same key gives the same run.' })
  @ApiProduces('application/json', 'text/event-stream')
  @ApiResponse({ status: 200, standardSchema: workflowAnswerSchema, description: 'The run, or its stream.' })
  async runVersion(
    @Req() http: FastifyRequest,
    @Param('version') version: string,
    @Body({ schema: runWorkflowSchema }) body: RunWorkflowBody,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.answer(http, reply, body, version);
  }

  private async answer(
    http: FastifyRequest,
    reply: FastifyReply,
    body: RunWorkflowBody,
    version?: string,
  ): Promise<void> {
    const app = await this.apps.of(http, version);
    requireKind(app, 'workflow');
    const { response_mode: mode, ...rest } = body;
    const asking = { ...rest, query: '', conversationId: '', streams: mode === 'streaming' };
    await this.runs.answer(http, reply, app, asking);
  }
}
