import type { Run, StartRunRequest } from '@treadle/contracts';
import { type Failure, FailureError } from '@treadle/failure';
import type { Json } from '@treadle/workflow';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type EndUsers, endUserId } from '../../domain/end-users.js';
import { type BeginRun, isSettled, type RunSources, startAndWait, startRun } from '../../domain/start-run.js';
import { followRun } from '../../streaming/follow-run.js';
import type { OpenStreams } from '../../streaming/open-streams.js';
import type { RunVersion } from '../../streaming/run-stream.js';
import type { RunStreams } from '../../streaming/run-streams.js';
import type { ApprovalLinks } from '../approvals/approval-links.js';
import { type App, kindOf } from './app.js';
import { pausedView } from './paused.view.js';
import type { NamedStart, Repeats } from './repeats.js';
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

/** How a stream of a run is told. */
export interface Streaming {
  /** Number of the newest event by now; 0 for a run that begins. */
  readonly lastSequence: number;
  /** Whether nothing of its text can have been said before. */
  readonly begunNow: boolean;
  readonly staysWhilePaused?: boolean;
  readonly endOnly?: boolean;
  /** The start that it answers. */
  readonly start?: NamedStart;
}

/** Begins runs of apps and answers as Dify does: with the whole answer, or with its stream. */
export class AppRuns {
  constructor(
    private readonly sources: RunSources,
    private readonly streams: RunStreams,
    private readonly open: OpenStreams,
    private readonly links: ApprovalLinks,
    private readonly repeats: Repeats,
    private readonly endUsers: EndUsers,
  ) {}

  async answer(http: FastifyRequest, reply: FastifyReply, app: App, asking: Asking): Promise<void> {
    const { tenantId, workflowId } = app;
    const { streams, ...what } = asking;
    const named = await this.repeats.name(http, { workflowId, ...what });
    await this.endUsers.note(tenantId, workflowId, asking.user);
    const request = startRequest(http, app, asking, named);
    const begin: BeginRun = (options) => this.sources.runs.startRun(request, options);
    if (!streams) return this.wait(reply, app, begin, named);
    const { run, repeated } = await startRun(begin);
    const { lastSequence } = repeated ? run : { lastSequence: 0 };
    await this.stream(reply, app, run, { lastSequence, begunNow: !repeated, start: named });
  }

  /** The stream of a run from its beginning. */
  async stream(reply: FastifyReply, app: Pick<App, 'tenantId' | 'mode'>, run: Run, how: Streaming): Promise<void> {
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
      staysWhilePaused: how.staysWhilePaused ?? false,
      endOnly: how.endOnly ?? false,
      lastSequence: how.lastSequence,
    };
    const viewOf = ({ plan }: RunVersion) => {
      const view = new RunStreamView({ ...streamed, plan }, options);
      if (how.start) this.repeats.watch(reply, tenantId, how.start, run.id, () => view.ended);
      return view;
    };
    await this.streams.answerWith(reply, tenantId, run, viewOf, undefined, how.begunNow);
  }

  private async wait(reply: FastifyReply, app: App, begin: BeginRun, start: NamedStart): Promise<void> {
    const waiting = this.open.waiting();
    const gone = () => waiting.abort();
    reply.raw.once('close', gone);
    try {
      // From here on the request only waits: that is no work of the door.
      const accepted = () => reply.request.visit?.leave(true);
      const run = await startAndWait(this.sources, app.tenantId, begin, waiting.signal, accepted);
      if (!isSettled(run)) throw stillUnderWay(run);
      let isWhole = true;
      this.repeats.watch(reply, app.tenantId, start, run.id, () => isWhole);
      const rested = await this.rested(app, run, waiting.signal);
      isWhole = rested !== undefined;
      if (!rested) throw stillUnderWay(run);
      void reply.type('application/json; charset=utf-8').send(rested);
    } finally {
      reply.raw.off('close', gone);
      this.open.done(waiting);
    }
  }

  /** The answer of a run that has ended, or rests because somebody is asked; one that waits for a moment only is awaited. */
  private async rested(app: App, { id, status }: Run, signal: AbortSignal) {
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

function startRequest(http: FastifyRequest, app: App, asking: Asking, named: NamedStart): StartRunRequest {
  const { tenantId, workflowId, version } = app;
  const { user, query, conversationId, inputs, files, streams } = asking;
  return {
    ...{ tenantId, workflowId, version, user, query, conversationId },
    ...named,
    inputsJson: JSON.stringify(inputs),
    filesJson: files.length === 0 ? '' : JSON.stringify(files),
    wait: !streams,
    traceparent: [http.headers['traceparent']].flat()[0] ?? '',
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
