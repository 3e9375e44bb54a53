import { Body, Controller, Get, Headers, HttpCode, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiHeader, ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import { FailureError } from '@treadle/failure';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { RunSources } from '../../domain/start-run.js';
import { parseEventId } from '../../streaming/event-id.js';
import { RunStreams } from '../../streaming/run-streams.js';
import { ApprovalLinks } from '../approvals/approval-links.js';
import { Audited } from '../audit/audited.js';
import { Requires } from '../auth/access.js';
import { errorSchema } from '../errors/error-body.js';
import { RUN_SOURCES } from '../tokens.js';
import {
  cancelRunSchema,
  type ListRunsQuery,
  listRunsSchema,
  runEventsSchema,
  runPageSchema,
  runSchema,
} from './run.schemas.js';
import { runJson, runPageJson } from './run.view.js';
import { answerJson, answerRun } from './run-answers.js';

const pausedStreams =
  'The stream stays open while the run is paused: after `run-paused` comes `run-resumed`, as soon as somebody has answered or the moment has come. A `node-waiting` event that asks a person carries the form, and the token and url of its approval. Whoever does not want to wait closes the stream at `run-paused` and comes back later with Last-Event-ID; nothing is missed.';

@ApiTags('runs')
@ApiBearerAuth()
@ApiResponse({ status: 'default', standardSchema: errorSchema, description: 'What went wrong.' })
@Controller('api/v1/runs')
export class RunsController {
  constructor(
    @Inject(RUN_SOURCES) private readonly sources: RunSources,
    private readonly streams: RunStreams,
    private readonly links: ApprovalLinks,
  ) {}

  @Get()
  @Requires('runs:read', { workflowQuery: 'workflow_id' })
  @ApiOperation({ summary: 'List runs, newest first' })
  @ApiResponse({ status: 200, standardSchema: runPageSchema })
  async list(
    @Req() request: FastifyRequest,
    @Query({ schema: listRunsSchema }) query: ListRunsQuery,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    answerJson(reply, await this.pageJson(request, query));
  }

  /** A page of runs as JSON text. */
  async pageJson({ tenantId }: FastifyRequest, query: ListRunsQuery): Promise<string> {
    const page = await this.sources.runs.listRuns({
      tenantId,
      workflowId: query.workflow_id,
      originRunId: query.origin_run_id,
      statuses: query.status ?? [],
      createdFromUnixMs: query.created_after ? Date.parse(query.created_after) : 0,
      createdBeforeUnixMs: query.created_before ? Date.parse(query.created_before) : 0,
      cursor: query.cursor,
      limit: query.limit,
    });
    return runPageJson(page);
  }

  @Get(':id')
  @Requires('runs:read', { run: 'id' })
  @ApiOperation({ summary: 'One run with what it did at each node' })
  @ApiResponse({ status: 200, standardSchema: runSchema })
  async get(@Req() request: FastifyRequest, @Param('id') runId: string, @Res() reply: FastifyReply): Promise<void> {
    answerJson(reply, await this.oneJson(request, runId));
  }

  /** A run with its nodes as JSON text. */
  async oneJson(request: FastifyRequest, runId: string): Promise<string> {
    const { run } = await this.sources.runs.getRun({ tenantId: request.tenantId, runId });
    const found = existing(run, runId);
    return runJson(found, await this.links.ofRun(request, found));
  }

  @Get(':id/events')
  @Requires('runs:read', { run: 'id' })
  @ApiOperation({
    summary: 'The events and the text of a run as server-sent events, from the beginning or from Last-Event-ID on',
    description: pausedStreams,
  })
  @ApiHeader({ name: 'Last-Event-ID', required: false, description: 'The id of the last event received.' })
  @ApiProduces('text/event-stream')
  @ApiResponse({ status: 200, schema: { type: 'string' }, description: 'Ends with the event that ends the run.' })
  async events(
    @Req() { tenantId }: FastifyRequest,
    @Param('id') runId: string,
    @Query({ schema: runEventsSchema }) query: { last_event_id?: string },
    @Headers('last-event-id') header: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const lastId = header ?? query.last_event_id;
    const from = lastId === undefined || lastId === '' ? undefined : parseEventId(lastId);
    const { run } = await this.sources.runs.getRun({ tenantId, runId });
    await this.streams.answer(reply, tenantId, existing(run, runId), from);
  }

  /** The same as values, one for each event. */
  async values(request: FastifyRequest, runId: string, lastId = ''): Promise<AsyncIterable<unknown>> {
    const from = lastId === '' ? undefined : parseEventId(lastId);
    const { run } = await this.sources.runs.getRun({ tenantId: request.tenantId, runId });
    return this.streams.values(request, existing(run, runId), from);
  }

  @Post(':id/cancel')
  @Requires('runs:cancel', { run: 'id' })
  @Audited('run', 'cancel')
  @HttpCode(200)
  @ApiOperation({ summary: 'Cancel a run; one that has ended is answered as it is' })
  @ApiResponse({ status: 200, standardSchema: runSchema })
  async cancel(
    @Req() { tenantId }: FastifyRequest,
    @Param('id') runId: string,
    @Body({ schema: cancelRunSchema }) { reason }: { reason: string },
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { run } = await this.sources.runs.cancelRun({ tenantId, runId, reason });
    answerRun(reply, existing(run, runId));
  }
}

function existing<T>(run: T | undefined, id: string): T {
  if (run === undefined) throw FailureError.of('not_found', `There is no run ${id.slice(0, 100)}.`, { field: 'id' });
  return run;
}
