import { Body, Controller, Headers, HttpCode, Inject, Param, Post, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiHeader, ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { StartRunRequest } from '@treadle/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type RunSources, requestHash } from '../../domain/start-run.js';
import { NotAudited } from '../audit/audited.js';
import { Requires, routeConfig } from '../auth/access.js';
import { errorSchema } from '../errors/error-body.js';
import { RUN_SOURCES } from '../tokens.js';
import { checkedKey } from './idempotency-key.js';
import { runSchema, type StartRunBody, startRunSchema } from './run.schemas.js';
import { StartAnswers } from './start-answers.js';

@ApiTags('runs')
@ApiBearerAuth()
@ApiResponse({ status: 'default', standardSchema: errorSchema, description: 'What went wrong.' })
@Controller('api/v1/workflows/:workflowId/runs')
export class StartRunController {
  constructor(
    @Inject(RUN_SOURCES) private readonly sources: RunSources,
    private readonly answers: StartAnswers,
  ) {}

  @Post()
  @Requires('runs:start', { workflow: 'workflowId' })
  @NotAudited('a run has a history of its own')
  @routeConfig({ load: 'by mode' })
  @HttpCode(200)
  @ApiOperation({ summary: 'Start a run' })
  @ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description: 'A repeated start with the same key gives the first run.',
  })
  @ApiProduces('application/json', 'text/event-stream')
  @ApiResponse({
    status: 200,
    standardSchema: runSchema,
    description:
      'The run when it has ended, or paused: then `approvals` says what it waits for. Or its stream, which stays open while the run is paused.',
  })
  @ApiResponse({
    status: 202,
    standardSchema: runSchema,
    description: 'The run that has begun; Location is its address.',
  })
  async start(
    @Req() http: FastifyRequest,
    @Param('workflowId') workflowId: string,
    @Body({ schema: startRunSchema }) body: StartRunBody,
    @Headers('idempotency-key') key: string | undefined,
    @Headers('traceparent') traceparent: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const request = startRequest(http.tenantId, workflowId, body, checkedKey(key), traceparent);
    await this.answers.answer(http, reply, body.mode, (options) => this.sources.runs.startRun(request, options));
  }
}

function startRequest(
  tenantId: string,
  workflowId: string,
  { inputs, files, query, user, version = 0, conversation_id: conversationId, mode }: StartRunBody,
  idempotencyKey: string,
  traceparent = '',
): StartRunRequest {
  // How the caller wants to be answered is no part of what is to run.
  const what = { workflowId, query, user, version, conversationId };
  return {
    ...what,
    tenantId,
    inputsJson: JSON.stringify(inputs),
    filesJson: files.length === 0 ? '' : JSON.stringify(files),
    idempotencyKey,
    requestHash: idempotencyKey === '' ? '' : requestHash({ ...what, inputs, files }),
    wait: mode === 'wait',
    traceparent,
  };
}
