import type { Run, StartRunRequest } from '@treadle/contracts';
import { type Failure, FailureError } from '@treadle/failure';
import type { Json } from '@treadle/workflow';
import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  type AcceptedRun,
  type BeginRun,
  isSettled,
  type RunSources,
  requestHash,
  startAndWait,
  startRun,
} from '../../domain/start-run.js';
import { followRun } from '../../streaming/follow-run.js';
import type { OpenStreams } from '../../streaming/open-streams.js';
import type { RunStreams } from '../../streaming/run-streams.js';
import type { ApprovalLinks } from '../approvals/approval-links.js';
import { checkedKey } from '../runs/idempotency-key.js';
import { type App, kindOf } from './app.js';
import { endUserId } from './named-uuid.js';
import { pausedView } from './paused.view.js';
import { messageAnswer, workflowAnswer } from './run.view.js';
import { RunStreamView } from './run-stream.view.js';
import { versionId } from './version-id.js';

/** What an end user asks of an app. */
export interface Asking {
  readonly user: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly query: string;
  readonly conversationId: string;
  readonly files: readonly unknown[];
  readonly streams: boolean;
}

/** Begins runs of apps and answers as Dify does: with the whole answer, or with its stream. */
export class AppRuns {
  constructor(
    private readonly sources: RunSources,
    private readonly streams: RunStreams,
    private readonly open: OpenStreams,
    private readonly links: ApprovalLinks,
  ) {}

  async answer(http: FastifyRequest, reply: FastifyReply, app: App, asking: Asking): Promise<void> {
    const request = startRequest(http, app, asking);
    const begin: BeginRun = (options) => this.sources.runs.startRun(request, options);
    if (asking.streams) return this.stream(reply, app, await startRun(begin));
    return this.wait(reply, app, begin);
  }

  /** The stream of a run from its beginning. */
  async stream(
    reply: FastifyReply,
    app: Pick<App, 'tenantId' | 'mode'>,
    { run, repeated }: AcceptedRun,
    staysWhilePaused = false,
  ): Promise<void> {
    const { tenantId, mode } = app;
    const streamed = {
      id: run.id,
      versionId: versionId(run.workflowId, run.version),
      conversationId: run.conversationId,
      createdUnixMs: run.createdUnixMs,
      mode,
      endUser: { id: endUserId(tenantId, run.workflowId, run.user), user: run.user },
    };
    const options = {
      asked: (key: string) => this.links.ofNode(reply.request, run.id, key),
      readBack: (value: Json) => this.readBack(tenantId, value),
      staysWhilePaused,
    };
    await this.streams.answerWith(
      reply,
      tenantId,
      run,
      ({ plan }) => new RunStreamView({ ...streamed, plan }, options),
      undefined,
      !repeated,
    );
  }

  private async wait(reply: FastifyReply, app: App, begin: BeginRun): Promise<void> {
    const waiting = this.open.waiting();
    const gone = () => waiting.abort();
    reply.raw.once('close', gone);
    try {
      const run = await startAndWait(this.sources, app.tenantId, begin, waiting.signal);
      const rested = isSettled(run) ? await this.rested(reply, app, run, waiting.signal) : undefined;
      if (!rested) throw stillUnderWay(run);
      void reply.type('application/json; charset=utf-8').send(rested);
    } finally {
      reply.raw.off('close', gone);
      this.open.done(waiting);
    }
  }

  /** The answer of a run that has ended, or rests because somebody is asked; one that waits for a moment only is awaited. */
  private async rested(reply: FastifyReply, app: App, { id, status }: Run, signal: AbortSignal) {
    const { tenantId } = app;
    if (status === 'paused') {
      const asked = await this.links.open(tenantId, id);
      if (asked.length > 0) return workflowAnswer(await this.whole(tenantId, id), pausedView(asked));
      await followRun(this.sources, tenantId, id, signal);
      if (signal.aborted) return undefined;
    }
    const run = await this.whole(tenantId, id);
    if (kindOf(app) === 'workflow') return workflowAnswer(run);
    if (run.status === 'completed') return messageAnswer(run, app);
    throw failureOf(run);
  }

  private async whole(tenantId: string, runId: string): Promise<Run> {
    const { run } = await this.sources.runs.getRun({ tenantId, runId });
    if (!run) throw FailureError.of('internal', 'A run that was just begun is not there.');
    return run;
  }

  /** A value that is gone, or too large for one answer, keeps its place. */
  private async readBack(tenantId: string, value: Json): Promise<Json> {
    try {
      return await this.sources.values.readBack(tenantId, value);
    } catch (error) {
      if (error instanceof FailureError && !error.failure.retryable) return value;
      throw error;
    }
  }
}

function startRequest(http: FastifyRequest, app: App, asking: Asking): StartRunRequest {
  const { tenantId, workflowId, version } = app;
  const { user, query, conversationId, inputs, files, streams } = asking;
  const { 'idempotency-key': given, traceparent } = http.headers;
  const key = checkedKey([given].flat()[0]);
  const what = { workflowId, user, query, conversationId, inputs, files };
  return {
    tenantId,
    workflowId,
    version,
    user,
    query,
    conversationId,
    inputsJson: JSON.stringify(inputs),
    filesJson: files.length === 0 ? '' : JSON.stringify(files),
    // The same key of two end users, or beside the native API, is two keys.
    idempotencyKey: key === '' ? '' : `app ${requestHash({ workflowId, user, key })}`,
    requestHash: key === '' ? '' : requestHash(what),
    wait: !streams,
    traceparent: [traceparent].flat()[0] ?? '',
  };
}

function failureOf({ id, failureJson }: Run): FailureError {
  if (failureJson !== '') return new FailureError(JSON.parse(failureJson) as Failure);
  return FailureError.of('cancelled', `The answer ${id} was stopped.`);
}

/** The server is stopping, or the client has gone: then nobody reads this. */
function stillUnderWay({ id }: Run): FailureError {
  const message = `The answer takes longer, and the run goes on. Read it at /v1/workflows/run/${id}, or follow it at /v1/workflow/${id}/events.`;
  return FailureError.of('unavailable', message, { retryAfterSeconds: 1 });
}
