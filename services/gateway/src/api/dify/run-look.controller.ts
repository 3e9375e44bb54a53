import { Controller, Get, Inject, Param, Query, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import { FailureError } from '@treadle/failure';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isOver, type RunSources } from '../../domain/start-run.js';
import { Requires } from '../auth/access.js';
import { RUN_SOURCES } from '../tokens.js';
import { Apps, appOf } from './app.js';
import { AppRuns } from './app-runs.js';
import { difyErrorSchema } from './dify.schemas.js';
import {
  type EventsQuery,
  eventsSchema,
  type LogsQuery,
  logPageSchema,
  logsSchema,
  runStatusesOf,
} from './log.schemas.js';
import { logView } from './log.view.js';
import { objectOf, runData } from './run.view.js';
import { workflowRunSchema } from './workflow-run.schemas.js';

/** Runs read at a time for a page of the log, each of which is a look at its history. */
const atOnce = 5;

@ApiTags('dify')
@ApiBearerAuth()
@ApiResponse({ status: 'default', standardSchema: difyErrorSchema, description: 'What went wrong.' })
@Controller('v1')
export class DifyRunLookController {
  constructor(
    private readonly apps: Apps,
    private readonly appRuns: AppRuns,
    @Inject(RUN_SOURCES) private readonly sources: RunSources,
  ) {}

  @Get('workflows/run/:id')
  @Requires('runs:read', 'the app of the key')
  @ApiOperation({ summary: 'One run of the app' })
  @ApiResponse({ status: 200, standardSchema: workflowRunSchema })
  async run(@Req() http: FastifyRequest, @Param('id') runId: string) {
    const run = await this.find(http, runId);
    return { ...runData(run), inputs: objectOf(run.inputsJson) };
  }

  @Get('workflows/logs')
  @Requires('runs:read', 'the app of the key')
  @ApiOperation({ summary: 'The runs of the app, newest first' })
  @ApiResponse({ status: 200, standardSchema: logPageSchema })
  async logs(@Req() http: FastifyRequest, @Query({ schema: logsSchema }) query: LogsQuery) {
    const { tenantId, workflowId } = appOf(http);
    const { page, limit, keyword, created_by_end_user_session_id: user } = query;
    const filter = { tenantId, workflowId, user, keyword, originRunId: '', cursor: '' };
    const { runs, total = 0 } = await this.sources.runs.listRuns({
      ...filter,
      statuses: runStatusesOf(query.status),
      createdFromUnixMs: query.created_at__after,
      createdBeforeUnixMs: query.created_at__before,
      skip: (page - 1) * limit,
      limit,
      count: true,
    });
    const data: object[] = [];
    for (let from = 0; from < runs.length; from += atOnce) {
      const some = await Promise.all(runs.slice(from, from + atOnce).map(({ id }) => this.find(http, id)));
      data.push(...some.map((run) => logView(tenantId, run)));
    }
    return { page, limit, total, has_more: page * limit < total, data };
  }

  @Get('workflow/:id/events')
  @Requires('runs:read', 'the app of the key')
  @ApiOperation({
    summary: 'The stream of a run from its beginning, also of one that was begun elsewhere',
    description: 'Of a run that has ended only how. It ends when the run rests, unless `continue_on_pause` is true.',
  })
  @ApiProduces('text/event-stream')
  @ApiResponse({ status: 200, schema: { type: 'string' } })
  async events(
    @Req() http: FastifyRequest,
    @Param('id') runId: string,
    @Query({ schema: eventsSchema }) { user, continue_on_pause: staysWhilePaused }: EventsQuery,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const run = await this.find(http, runId, user);
    const app = await this.apps.of(http, String(run.version));
    const how = { lastSequence: run.lastSequence, begunNow: false, staysWhilePaused, endOnly: isOver(run) };
    await this.appRuns.stream(reply, app, run, how);
  }

  private async find(http: FastifyRequest, runId: string, user?: string) {
    const { run } = await this.sources.runs.getRun({ ...appOf(http), runId, ...(user !== undefined && { user }) });
    if (!run) throw FailureError.of('not_found', `There is no run ${runId.slice(0, 100)}.`, { field: 'id' });
    return run;
  }
}
