import type { ServerResponse } from 'node:http';
import { failure } from '@treadle/failure';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { HttpSettings } from '../../http-settings.js';
import { answerFailure } from '../errors/answer-failure.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Files may come with the request, which takes longer to arrive. */
    uploads?: boolean;
    /** What a page of this route may load; absent for answers that are no pages. */
    contentSecurityPolicy?: string;
  }
}

/** Data loads nothing and is shown in nothing. */
const dataPolicy = "default-src 'none'; frame-ancestors 'none'";
const docsPolicy =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'";

/** Headers that keep browsers from making anything else of an answer than what it is; a request's own id; limits on heads and slow bodies. */
export function addRequestGuards(server: FastifyInstance, settings: HttpSettings): void {
  const always = guardingHeaders(settings);
  server.addHook('onRoute', (route) => {
    if (route.url.startsWith('/api/docs')) route.config = { ...route.config, contentSecurityPolicy: docsPolicy };
  });
  server.addHook('onRequest', (request, reply, done) => {
    const { uploads, contentSecurityPolicy } = request.routeOptions.config;
    void reply.headers(always).header('x-request-id', request.id);
    if (contentSecurityPolicy) void reply.header('content-security-policy', contentSecurityPolicy);
    if (request.raw.rawHeaders.length > 2 * settings.maxHeaders) return void tooManyHeaders(request, reply, settings);
    if (!uploads && hasBody(request)) limitBodyTime(request, reply.raw, settings.bodyTimeoutMs);
    done();
  });
}

/** What every answer tells browsers; pages have a policy of their own. */
export function guardingHeaders({ tls }: HttpSettings): Readonly<Record<string, string>> {
  return {
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cross-origin-resource-policy': 'same-origin',
    'content-security-policy': dataPolicy,
    ...(tls && { 'strict-transport-security': 'max-age=31536000' }),
  };
}

function tooManyHeaders(request: FastifyRequest, reply: FastifyReply, { maxHeaders }: HttpSettings): void {
  const message = `The request has more than ${maxHeaders} headers. Send fewer.`;
  answerFailure(failure('payload_too_large', message), request, reply, 431);
}

/** Whether more is to come after the head. */
export function hasBody({ headers }: FastifyRequest): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** The server's own limit is one for all routes, and so as long as an upload may take. */
function limitBodyTime({ raw }: FastifyRequest, response: ServerResponse, limitMs: number): void {
  const timer = setTimeout(() => {
    if (raw.complete || response.headersSent) return;
    raw.socket.end(plainAnswer(408, 'deadline_exceeded', 'The body took too long to arrive. Send it faster or less.'));
    raw.destroy();
  }, limitMs).unref();
  const over = () => clearTimeout(timer);
  raw.once('end', over).once('close', over);
}

/** Answers a client whose request the server could not even read. */
export function answerUnreadable(
  error: NodeJS.ErrnoException,
  socket: NodeJS.WritableStream & { readonly destroyed?: boolean },
): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) return;
  socket.end(unreadable(error.code));
}

function unreadable(code: string | undefined): string {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return plainAnswer(408, 'deadline_exceeded', 'The request took too long to arrive. Send it faster or less.');
  if (code === 'HPE_HEADER_OVERFLOW')
    return plainAnswer(
      431,
      'payload_too_large',
      'The head of the request is too large. Send fewer or shorter headers.',
    );
  return plainAnswer(400, 'invalid_argument', 'The request is not HTTP.');
}

const reasons = { 400: 'Bad Request', 408: 'Request Timeout', 431: 'Request Header Fields Too Large' } as const;

/** Without a request there is no id, and without a route every surface answers alike. */
function plainAnswer(status: keyof typeof reasons, code: string, message: string): string {
  const body = JSON.stringify({ code, message, status, request_id: '' });
  const head = `HTTP/1.1 ${status} ${reasons[status]}\r\nconnection: close\r\ncontent-type: application/json; charset=utf-8`;
  return `${head}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}
