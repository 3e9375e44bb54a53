import { Body, Controller, Headers, HttpCode, Inject, Param, Post, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiHeader, ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { StartRunRequest } from '@treadle/contracts';
import { FailureError } from '@treadle/failure';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isSettled, type RunSources, requestHash, startAndWait, startRun } from '../../domain/start-run.js';
import { OpenStreams } from '../../streaming/open-streams.js';
import { RunStreams } from '../../streaming/run-streams.js';
import { ApprovalLinks } from '../approvals/approval-links.js';
import { errorSchema } from '../errors/error-body.js';
import { RUN_SOURCES } from '../tokens.js';
import { runSchema, type StartRunBody, startRunSchema } from './run.schemas.js';
import { answerAccepted, answerRun, runPath } from './run-answers.js';

@ApiTags('runs')
@ApiBearerAuth()
@ApiResponse({ status: 'default', standardSchema: errorSchema, description: 'What went wrong.' })
@Controller('api/v1/workflows/:workflowId/runs')
export class StartRunController {
  constructor(
    @Inject(RUN_SOURCES) private readonly sources: RunSources,
    private readonly streams: RunStreams,
    private readonly open: OpenStreams,
    private readonly links: ApprovalLinks,
  ) {}

  @Post()
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
    const { tenantId } = http;
    const request = startRequest(tenantId, workflowId, body, checkedKey(key), traceparent);
    if (body.mode === 'wait') return this.wait(http, reply, request);
    const { run, repeated } = await startRun(this.sources.runs, request);
    if (body.mode === 'async') return answerAccepted(reply, run);
    void reply.header('location', runPath(run));
    await this.streams.answer(reply, tenantId, run, undefined, !repeated);
  }

  private async wait(http: FastifyRequest, reply: FastifyReply, request: StartRunRequest): Promise<void> {
    const waiting = this.open.waiting();
    const gone = () => waiting.abort();
    reply.raw.once('close', gone);
    try {
      const run = await startAndWait(this.sources, request, waiting.signal);
      if (isSettled(run)) answerRun(reply, run, await this.links.ofRun(http, run));
      else answerAccepted(reply, run);
    } finally {
      reply.raw.off('close', gone);
      this.open.done(waiting);
    }
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

function checkedKey(key: string | undefined): string {
  if (key === undefined) return '';
  if (/^[\x21-\x7e]{1,255}$/.test(key)) return key;
  throw FailureError.of('invalid_argument', 'Idempotency-Key is not 1 to 255 visible ASCII characters.', {
    field: 'Idempotency-Key',
  });
}
