import '@fastify/multipart';
import { All, Controller, Headers, Inject, Param, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { FailureError } from '@treadle/failure';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Entries } from '../../domain/ports.js';
import { receiveWebhook } from '../../domain/receive-webhook.js';
import type { RunSources } from '../../domain/start-run.js';
import { OpenStreams } from '../../streaming/open-streams.js';
import { NotAudited } from '../audit/audited.js';
import { Open, routeConfig } from '../auth/access.js';
import { ENTRIES, RUN_SOURCES } from '../tokens.js';
import { webhookAnswer } from './webhook-answer.js';

/** A webhook's request is a notice, not a file. */
const maxBodyBytes = 1024 * 1024;

/**
 * Takes what other systems send. The address alone leads to a workflow; the signature, and not an API key, lets the request in. What a
 * webhook takes and answers is said by its workflow, so the description of the API has nothing of it.
 */
@ApiExcludeController()
@Controller('hooks')
export class HooksController {
  constructor(
    @Inject(ENTRIES) private readonly entries: Entries,
    @Inject(RUN_SOURCES) private readonly sources: RunSources,
    private readonly open: OpenStreams,
  ) {}

  @All(':id')
  @Open('the signature of the request is the credential')
  @NotAudited('starts a run, which has a history of its own')
  @routeConfig({ rawBytes: true, bodyLimit: maxBodyBytes, load: 'batch' })
  async receive(
    @Req() request: FastifyRequest,
    @Param('id') webhookId: string,
    @Headers('traceparent') traceparent: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    if (request.isMultipart()) throw noFiles();
    const { method, url, headers, body } = request;
    const [, query = ''] = /\?(.*)$/.exec(url) ?? [];
    const received = {
      webhookId,
      method,
      query,
      headers: Object.entries(headers).map(([name, value]) => ({ name, value: [value].flat().join(', ') })),
      body: body instanceof Buffer ? body : Buffer.alloc(0),
      traceparent: traceparent ?? '',
    };
    const waiting = this.open.waiting();
    const gone = () => waiting.abort();
    reply.raw.once('close', gone);
    try {
      const outcome = await receiveWebhook(this.entries, this.sources, received, waiting.signal, () =>
        request.visit?.leave(true),
      );
      const answer = webhookAnswer(outcome);
      void reply.status(answer.status).type(answer.type).send(answer.body);
    } finally {
      reply.raw.off('close', gone);
      this.open.done(waiting);
    }
  }
}

/** Uploads are read by another parser, which leaves no bytes for a signature. */
function noFiles(): FailureError {
  const message = 'Files cannot be sent to a webhook. Upload them with POST /api/v1/files, and send what names them.';
  return FailureError.of('unsupported_media_type', message, { field: 'Content-Type' });
}
