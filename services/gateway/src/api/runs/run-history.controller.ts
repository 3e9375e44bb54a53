import { Readable } from 'node:stream';
import { Controller, Get, Inject, Param, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import { FailureError } from '@treadle/failure';
import { catalog } from '@treadle/nodes';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { historyLines } from '../../domain/run-history.js';
import type { RunSources } from '../../domain/start-run.js';
import { WorkflowStore } from '../../domain/workflow-store.js';
import { Requires } from '../auth/access.js';
import { errorSchema } from '../errors/error-body.js';
import { RUN_SOURCES } from '../tokens.js';

/** The history of a run, for whoever wants to keep it or to replay it elsewhere. */
@ApiTags('runs')
@ApiBearerAuth()
@ApiResponse({ status: 'default', standardSchema: errorSchema, description: 'What went wrong.' })
@Controller('api/v1/runs')
export class RunHistoryController {
  constructor(
    @Inject(RUN_SOURCES) private readonly sources: RunSources,
    private readonly workflows: WorkflowStore,
  ) {}

  @Get(':id/history')
  @Requires('runs:read', { run: 'id' })
  @ApiOperation({
    summary: 'Every event of a run, with the documents it ran',
    description:
      'Lines of JSON. The first one has the run and the documents of its version and of every workflow that it calls; each other one an event as the engine keeps it, with its `sequence` and the moment `at` which it was committed. The engine’s version stands in `run-started`. `treadle runs replay` decides it once more. Unlike the event stream, a history holds the environment of the workflow.',
  })
  @ApiProduces('application/x-ndjson')
  @ApiResponse({ status: 200, schema: { type: 'string' } })
  async history(
    @Req() { tenantId }: FastifyRequest,
    @Param('id') runId: string,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { run } = await this.sources.runs.getRun({ tenantId, runId });
    if (!run) throw FailureError.of('not_found', 'There is no such run.', { field: 'id' });
    const { runs } = this.sources;
    const lines = historyLines({ runs, workflows: this.workflows.client, catalog }, tenantId, run);
    // What can be refused is refused before the answer begins.
    const first = await lines.next();
    void reply
      .type('application/x-ndjson; charset=utf-8')
      .header('content-disposition', `attachment; filename="${run.id}.ndjson"`)
      .send(Readable.from(whole(first, lines)));
  }
}

async function* whole(
  first: IteratorResult<string, void>,
  rest: AsyncGenerator<string, void>,
): AsyncGenerator<string, void> {
  if (first.done) return;
  yield first.value;
  yield* rest;
}
