import type { IncomingMessage } from 'node:http';
import { Logger } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { FailureError } from '@treadle/failure';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { maxDocumentBytes } from '../../domain/read-source.js';
import type { HttpSettings } from '../../http-settings.js';
import { isSocketRequest } from '../graphql/socket/serve-sockets.js';
import { keepCertificate, readCertificate } from './certificate.js';
import { readJson } from './read-json.js';
import { answerUnreadable } from './request-guards.js';
import { requestId } from './request-id.js';

/** The HTTP server as the gateway needs it. Nest is created with it and with `bodyParser: false`, then `setUpGateway` is called. */
export function gatewayAdapter(settings: HttpSettings): FastifyAdapter {
  const node = {
    maxHeaderSize: settings.maxHeaderBytes,
    headersTimeout: settings.headerTimeoutMs,
    connectionsCheckingInterval: 1000,
    // Some clients offer to upgrade whatever they send, and are to be answered all the same.
    shouldUpgradeCallback: isSocketRequest,
  };
  const adapter = new FastifyAdapter({
    bodyLimit: maxDocumentBytes,
    // Or a shutdown would wait for clients that keep idle connections.
    forceCloseConnections: 'idle',
    requestIdHeader: false,
    genReqId: (request: IncomingMessage) => requestId(request),
    // Clients join addresses as they like.
    routerOptions: { maxParamLength: 300, ignoreTrailingSlash: true },
    trustProxy: settings.trustedProxies.length > 0 && [...settings.trustedProxies],
    requestTimeout: Math.max(settings.uploadTimeoutMs, settings.headerTimeoutMs),
    keepAliveTimeout: settings.keepAliveMs,
    clientErrorHandler: answerUnreadable,
    ...(settings.tls ? { https: { ...node, ...readCertificate(settings.tls) } } : { http: node }),
  });
  const { server } = adapter.getInstance();
  // One more than is let through, so that it can be seen.
  server.maxHeadersCount = settings.maxHeaders + 1;
  server.maxConnections = settings.maxConnections;
  if (settings.tls) keepCertificate(server, settings.tls, new Logger('Gateway'));
  return adapter;
}

/** What a route may ask for by its config. */
interface BodyConfig {
  /** The body as text, whatever its type. */
  readonly rawText?: boolean;
  /** The body as it came, for signatures. */
  readonly rawBytes?: boolean;
  /** Most bytes; absent takes the server's limit. */
  readonly bodyLimit?: number;
}

/** Reads bodies: JSON everywhere, and the plain text or the bytes where a route asks for them. Called before any route is added. */
export function addBodyParsers(server: FastifyInstance): void {
  server.addHook('onRoute', (route) => {
    const { bodyLimit } = (route.config ?? {}) as BodyConfig;
    if (bodyLimit !== undefined) route.bodyLimit = bodyLimit;
  });
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (request, body, done) => {
    try {
      const { rawBytes, rawText } = request.routeOptions.config as BodyConfig;
      if (rawBytes) return done(null, body);
      const text = body.toString();
      done(null, rawText ? text : parseJson(request, text));
    } catch (error) {
      done(error as Error);
    }
  });
}

function parseJson(request: FastifyRequest, body: string): unknown {
  if (body === '') return undefined;
  const type = request.headers['content-type'] ?? '';
  if (!/^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(type)) {
    throw FailureError.of('unsupported_media_type', 'Send the body as application/json.', { field: 'Content-Type' });
  }
  return readJson(body);
}
