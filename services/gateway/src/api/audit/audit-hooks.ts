import { Logger } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Answer, AuditTrail } from './audit-trail.js';

/** Larger answers are not read: what the request wanted is on record. */
const maxReadBytes = 256 * 1024;

/** Puts the record of changes around every route, whoever serves it. Called once, after the hook that puts the caller on the request. */
export function addAuditHooks(server: FastifyInstance, trail: AuditTrail): void {
  const logger = new Logger('Audit');
  const ended = (request: FastifyRequest, answer: Answer) =>
    trail.end(request, answer).catch((error: unknown) => {
      // The change was made by now, and its beginning is on record: without an ending its outcome counts as unknown.
      const facts = { err: error, requestId: request.id, route: request.routeOptions.url };
      logger.error(facts, 'the outcome of a request is missing in the audit log');
    });

  server.addHook('preHandler', (request, _reply, done) => {
    const { audit } = request.routeOptions.config;
    if (!audit || !('kind' in audit)) return done();
    trail.begin(request, audit).then(() => done(), done);
  });

  server.addHook('preSerialization', (request, reply, payload, done) => {
    const { statusCode: status } = reply;
    if (!trail.concerns(request, status)) return done(null, payload);
    const answer = { status, body: payload };
    // Nobody comes in unrecorded: here the answer can still become another.
    if (trail.letsIn(request)) trail.end(request, answer).then(() => done(null, payload), done);
    else void ended(request, answer).then(() => done(null, payload));
  });

  server.addHook('onSend', (request, reply, payload, done) => {
    if (!trail.concerns(request, reply.statusCode)) return done(null, payload);
    void ended(request, answerOf(reply, payload)).then(() => done(null, payload));
  });

  // Answers that stream pass neither.
  server.addHook('onResponse', (request, { statusCode: status }, done) => {
    done();
    if (trail.concerns(request, status)) void ended(request, { status, body: undefined });
  });
}

function answerOf(reply: FastifyReply, payload: unknown): Answer {
  const { statusCode: status } = reply;
  const type = String(reply.getHeader('content-type') ?? '');
  if (typeof payload !== 'string' || payload.length > maxReadBytes || !type.includes('json'))
    return { status, body: undefined };
  try {
    return { status, body: JSON.parse(payload) as unknown };
  } catch {
    return { status, body: undefined };
  }
}
