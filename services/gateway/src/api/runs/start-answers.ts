import type { FastifyReply, FastifyRequest } from 'fastify';
import { type BeginRun, isSettled, type RunSources, startAndWait, startRun } from '../../domain/start-run.js';
import type { OpenStreams } from '../../streaming/open-streams.js';
import type { RunStreams } from '../../streaming/run-streams.js';
import type { ApprovalLinks } from '../approvals/approval-links.js';
import type { StartMode } from './run.schemas.js';
import { answerAccepted, answerRun, runPath } from './run-answers.js';

/** Begins runs and answers as the caller wants it: with the finished run, at once, or with the run's stream. */
export class StartAnswers {
  constructor(
    private readonly sources: RunSources,
    private readonly streams: RunStreams,
    private readonly open: OpenStreams,
    private readonly links: ApprovalLinks,
  ) {}

  async answer(http: FastifyRequest, reply: FastifyReply, mode: StartMode, begin: BeginRun): Promise<void> {
    if (mode === 'wait') return this.wait(http, reply, begin);
    const { run, repeated } = await startRun(begin);
    if (mode === 'async') return answerAccepted(reply, run);
    void reply.header('location', runPath(run));
    await this.streams.answer(reply, http.tenantId, run, undefined, !repeated);
  }

  private async wait(http: FastifyRequest, reply: FastifyReply, begin: BeginRun): Promise<void> {
    const waiting = this.open.waiting();
    const gone = () => waiting.abort();
    reply.raw.once('close', gone);
    try {
      // From here on the request only waits: that is no work of the door.
      const accepted = () => http.visit?.leave(true);
      const run = await startAndWait(this.sources, http.tenantId, begin, waiting.signal, accepted);
      if (isSettled(run)) answerRun(reply, run, await this.links.ofRun(http, run));
      else answerAccepted(reply, run);
    } finally {
      reply.raw.off('close', gone);
      this.open.done(waiting);
    }
  }
}
