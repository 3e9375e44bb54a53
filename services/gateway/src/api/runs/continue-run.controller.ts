import { Body, Controller, Headers, HttpCode, Inject, Param, Post, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiHeader, ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { ResumeRunRequest } from '@treadle/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Continuations } from '../../domain/ports.js';
import { requestHash } from '../../domain/start-run.js';
import { Audited } from '../audit/audited.js';
import { Requires, routeConfig } from '../auth/access.js';
import { errorSchema } from '../errors/error-body.js';
import { CONTINUATIONS } from '../tokens.js';
import { type RerunRunBody, type ResumeRunBody, rerunRunSchema, resumeRunSchema } from './continue-run.schemas.js';
import { checkedKey } from './idempotency-key.js';
import { runSchema } from './run.schemas.js';
import { StartAnswers } from './start-answers.js';

@ApiTags('runs')
@ApiBearerAuth()
@ApiHeader({
  name: 'Idempotency-Key',
  required: false,
  description: 'A repeated request with the same key gives the first run.',
})
@ApiProduces('application/json', 'text/event-stream')
@ApiResponse({
  status: 200,
  standardSchema: runSchema,
  description: 'The new run when it has ended or paused, or its stream.',
})
@ApiResponse({ status: 202, standardSchema: runSchema, description: 'The new run; Location is its address.' })
@ApiResponse({ status: 'default', standardSchema: errorSchema, description: 'What went wrong.' })
@Controller('api/v1/runs/:id')
export class ContinueRunController {
  constructor(
    @Inject(CONTINUATIONS) private readonly continuations: Continuations,
    private readonly answers: StartAnswers,
  ) {}

  @Post('resume')
  @Requires('runs:start', { run: 'id' })
  @Audited('run', 'resume')
  @routeConfig({ load: 'by mode' })
  @HttpCode(200)
  @ApiOperation({
    summary: 'Go on where a failed or cancelled run was stopped',
    description:
      'Begins a new run that takes over what is finished: nothing already paid for is paid again. Answers 409 `resume_refused` with the reasons when that cannot be.',
  })
  async resume(
    @Req() http: FastifyRequest,
    @Param('id') runId: string,
    @Body({ schema: resumeRunSchema }) body: ResumeRunBody,
    @Headers('idempotency-key') key: string | undefined,
    @Headers('traceparent') traceparent: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const request = continuation(http.tenantId, runId, body, checkedKey(key), traceparent);
    await this.answers.answer(http, reply, body.mode, (options) => this.continuations.resumeRun(request, options));
  }

  @Post('rerun')
  @Requires('runs:start', { run: 'id' })
  @Audited('run', 'rerun')
  @routeConfig({ load: 'by mode' })
  @HttpCode(200)
  @ApiOperation({
    summary: 'Do a finished node of a run that is over again, and all that followed from it',
    description: 'Begins a new run that takes over everything else that is finished.',
  })
  async rerun(
    @Req() http: FastifyRequest,
    @Param('id') runId: string,
    @Body({ schema: rerunRunSchema }) body: RerunRunBody,
    @Headers('idempotency-key') key: string | undefined,
    @Headers('traceparent') traceparent: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const request = { ...continuation(http.tenantId, runId, body, checkedKey(key), traceparent), nodeKey: body.node };
    await this.answers.answer(http, reply, body.mode, (options) => this.continuations.rerunRun(request, options));
  }
}

function continuation(
  tenantId: string,
  runId: string,
  { mode, ...what }: ResumeRunBody | RerunRunBody,
  idempotencyKey: string,
  traceparent = '',
): ResumeRunRequest {
  return {
    tenantId,
    runId,
    inputsJson: JSON.stringify(what.inputs),
    variablesJson: JSON.stringify(what.variables),
    version: String(what.version ?? ''),
    idempotencyKey,
    // How the caller wants to be answered is no part of what is to run.
    requestHash: idempotencyKey === '' ? '' : requestHash({ runId, ...what }),
    wait: mode === 'wait',
    traceparent,
  };
}
