import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { FailureError } from '@treadle/failure';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { maxDocumentBytes } from '../../domain/read-source.js';

/** The HTTP server as the gateway needs it. Nest is created with it and with `bodyParser: false`, then `setUpGateway` is called. */
export function gatewayAdapter(): FastifyAdapter {
  const adapter = new FastifyAdapter({
    bodyLimit: maxDocumentBytes,
    // Or a shutdown would wait for clients that keep idle connections.
    forceCloseConnections: 'idle',
    requestIdHeader: false,
    genReqId: (request: IncomingMessage) => requestId(request.headers['x-request-id']),
    routerOptions: { maxParamLength: 300 },
  });
  return adapter;
}

/** Reads bodies: JSON everywhere, and the plain text where a route asks for it by its config. */
export function addBodyParsers(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'string' }, (request, body, done) => {
    try {
      done(null, parseBody(request, body as string));
    } catch (error) {
      done(error as Error);
    }
  });
}

function parseBody(request: FastifyRequest, body: string): unknown {
  if ((request.routeOptions.config as { readonly rawText?: boolean }).rawText) return body;
  if (body === '') return undefined;
  const type = request.headers['content-type'] ?? '';
  if (!/^application\/(?:[\w.+-]+\+)?json\b/i.test(type)) {
    throw FailureError.of('unsupported_media_type', 'Send the body as application/json.', { field: 'Content-Type' });
  }
  try {
    return JSON.parse(body);
  } catch (error) {
    throw FailureError.of('invalid_argument', `The body is not JSON: ${(error as Error).message}.`, { field: 'body' });
  }
}

/** A caller's own id is kept when it is fit for logs. */
function requestId(given: string | string[] | undefined): string {
  return typeof given === 'string' && /^[\w.:-]{1,100}$/.test(given) ? given : randomUUID();
}
