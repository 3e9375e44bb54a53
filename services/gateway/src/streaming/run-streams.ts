import type { Run } from '@treadle/contracts';
import type { FastifyReply } from 'fastify';
import type { ApprovalLinks } from '../api/approvals/approval-links.js';
import type { RunVersions } from '../domain/run-versions.js';
import type { RunSources } from '../domain/start-run.js';
import type { StreamPosition } from './event-id.js';
import { NativeView } from './native-view.js';
import type { OpenStreams } from './open-streams.js';
import { RunStream, type RunVersion } from './run-stream.js';
import { SseConnection } from './sse-connection.js';
import type { StreamView } from './stream-view.js';

/** Answers requests with the stream of a run. */
export class RunStreams {
  constructor(
    private readonly sources: RunSources,
    private readonly versions: RunVersions,
    private readonly streams: OpenStreams,
    private readonly links: Pick<ApprovalLinks, 'ofNode'>,
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
    const asked = (key: string) => this.links.ofNode(reply.request, run.id, key);
    const view = ({ names }: RunVersion) => new NativeView(run.id, names, asked);
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
    const version = await this.versions.get(tenantId, run.workflowId, run.version);
    const followed = { tenantId, runId: run.id, version, view: viewOf(version) };
    const stream = new RunStream(this.sources, followed, from, !begunNow);
    try {
      await stream.join();
      reply.hijack();
      // However long it stays open, the work of opening it is done.
      reply.request.visit?.leave(true);
      const connection = new SseConnection(reply.raw, reply.getHeaders(), () => stream.notify());
      this.streams.add(stream);
      await stream.pipe(connection);
    } finally {
      this.streams.delete(stream);
      await stream.close();
    }
  }
}
