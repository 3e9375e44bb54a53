import type { Run } from '@treadle/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ApprovalLinks } from '../api/approvals/approval-links.js';
import { whileAllowed } from '../api/auth/while-allowed.js';
import type { OpenCredentials } from '../domain/access/open-credentials.js';
import type { RunVersions } from '../domain/run-versions.js';
import type { RunSources } from '../domain/start-run.js';
import type { StreamPosition } from './event-id.js';
import { NativeView } from './native-view.js';
import type { OpenStreams } from './open-streams.js';
import { RunEventData } from './run-event-data.js';
import { RunStream, type RunVersion, type StreamSink } from './run-stream.js';
import { SseConnection } from './sse-connection.js';
import { StreamValues } from './stream-values.js';
import type { StreamView } from './stream-view.js';
import { ValueView } from './value-view.js';

interface Telling {
  readonly tenantId: string;
  readonly run: Run;
  readonly viewOf: (version: RunVersion) => StreamView;
  readonly from: StreamPosition | undefined;
  readonly begunNow: boolean;
  /** Ends the stream when its caller may not have it any more; absent where the connection that carries it is ended. */
  readonly request?: FastifyRequest;
}

/** Answers requests with the stream of a run. */
export class RunStreams {
  constructor(
    private readonly sources: RunSources,
    private readonly versions: RunVersions,
    private readonly streams: OpenStreams,
    private readonly links: Pick<ApprovalLinks, 'ofNode'>,
    private readonly credentials: OpenCredentials,
  ) {}

  /**
   * Answers with the events and the text of a run from a position on, until the run has ended or the client is gone.
   * @param begunNow the run was started by this request, so nothing of its text can have been said before.
   */
  async answer(
    reply: FastifyReply,
    tenantId: string,
    run: Run,
    from?: StreamPosition,
    begunNow = false,
  ): Promise<void> {
    const view = ({ names }: RunVersion) => new NativeView(this.dataOf(reply.request, run, names), reply.request.id);
    await this.answerWith(reply, tenantId, run, view, from, begunNow);
  }

  /** The same as some other view shows it. */
  async answerWith(
    reply: FastifyReply,
    tenantId: string,
    run: Run,
    viewOf: (version: RunVersion) => StreamView,
    from?: StreamPosition,
    begunNow = false,
  ): Promise<void> {
    const begin = (notify: () => void) => {
      reply.hijack();
      // However long it stays open, the work of opening it is done.
      reply.request.visit?.leave(true);
      return new SseConnection(reply.raw, reply.getHeaders(), notify);
    };
    await this.tell({ tenantId, run, viewOf, from, begunNow, request: reply.request }, begin);
  }

  /**
   * The same as values, for whoever reads them one by one.
   * @throws FailureError as an answer does before it begins.
   */
  async values(request: FastifyRequest, run: Run, from?: StreamPosition): Promise<StreamValues<unknown>> {
    const { promise, resolve, reject } = Promise.withResolvers<StreamValues<unknown>>();
    let values: StreamValues<unknown> | undefined;
    const viewOf = ({ names }: RunVersion) => new ValueView(this.dataOf(request, run, names));
    const begin = (notify: () => void) => {
      values = new StreamValues((frame) => JSON.parse(frame) as unknown, notify);
      resolve(values);
      return values;
    };
    const telling = this.tell({ tenantId: request.tenantId, run, viewOf, from, begunNow: false }, begin);
    telling.catch((error: unknown) => {
      values?.fail(error);
      reject(error);
    });
    return promise;
  }

  private dataOf(request: FastifyRequest, run: Run, names: RunVersion['names']): RunEventData {
    return new RunEventData(run.id, names, (key) => this.links.ofNode(request, run.id, key));
  }

  /** @param begin opens the way to the reader, when nothing can be refused any more; it calls `notify` when the reader is gone. */
  private async tell(
    { tenantId, run, viewOf, from, begunNow, request }: Telling,
    begin: (notify: () => void) => StreamSink,
  ): Promise<void> {
    const version = await this.versions.get(tenantId, run.workflowId, run.version);
    const followed = { tenantId, runId: run.id, version, view: viewOf(version) };
    const stream = new RunStream(this.sources, followed, from, !begunNow);
    let letGo: (() => void) | undefined;
    try {
      await stream.join();
      const sink = begin(() => stream.notify());
      this.streams.add(stream);
      letGo = request && whileAllowed(this.credentials, request, (reason) => stream.stop(reason));
      await stream.pipe(sink);
    } finally {
      letGo?.();
      this.streams.delete(stream);
      await stream.close();
    }
  }
}
