import { type Failure, failure } from '@treadle/failure';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Credentials } from '../../domain/access/credentials.js';
import type { Admission, Visit } from '../../domain/admission/admission.js';
import type { Lane } from '../../domain/admission/fair-queue.js';
import { credentialOf } from '../auth/authenticate.js';
import { answerFailure } from '../errors/answer-failure.js';
import { hasBody } from './request-guards.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** `always`: let in whatever the load. `by mode`: batch where the body's `mode` is async. Absent: somebody waits for the answer. */
    load?: 'always' | 'batch' | 'by mode';
  }

  interface FastifyRequest {
    /** The request's place among those that are worked on; absent for those that are let in always. */
    visit: Visit | undefined;
  }
}

/** All callers that nobody knows share one turn. */
export const strangers = '';
const sweepEveryMs = 20;

/** Of little work, and needed when there is much: whether the service is up, what it is, and what runs ask people. */
export const alwaysIn = /^\/(?:$|\?|health\/|api\/docs|approvals\/|api\/v1\/approvals|\.well-known\/)/;

/**
 * Lets requests in as `Admission` says, before their credentials are looked up. Those with a body get a place when it has arrived, so that nobody
 * holds one by sending slowly; but where they have no chance of any they are refused before it is read. Called before callers are authenticated.
 * @param refused told of each request that was not let in
 */
export function addAdmission(
  server: FastifyInstance,
  admission: Admission,
  credentials: Credentials,
  refused: () => void,
): void {
  const shed = (request: FastifyRequest, reply: FastifyReply, retryAfterSeconds: number) => {
    refused();
    if (!reply.raw.destroyed) answerFailure(tooMuch(retryAfterSeconds), request, reply);
  };
  server.decorateRequest('visit', undefined);
  server.addHook('onRoute', (route) => {
    if (alwaysIn.test(route.url)) route.config = { ...route.config, load: 'always' };
  });
  server.addHook('onRequest', (request, reply, done) => {
    const { load = 'interactive' } = request.routeOptions.config;
    if (request.is404 || load === 'always') return done();
    const credential = credentialOf(request);
    const tenant = (credential && credentials.lastFound(credential)?.tenantId) ?? strangers;
    if (!hasBody(request)) return enter(request, reply, tenant, load === 'batch' ? load : 'interactive', done);
    if (admission.wouldRefuse(tenant)) return shed(request, reply, admission.retryAfterSeconds());
    done();
  });
  server.addHook('preHandler', (request, reply, done) => {
    const { load } = request.routeOptions.config;
    if (request.visit || request.is404 || load === 'always') return done();
    const isAsync = load === 'by mode' && (request.body as { readonly mode?: unknown } | undefined)?.mode === 'async';
    enter(request, reply, request.tenantId, isAsync || load === 'batch' ? 'batch' : 'interactive', done);
  });
  const sweeping = setInterval(() => admission.sweep(), sweepEveryMs).unref();
  server.addHook('onClose', (_server, done) => {
    clearInterval(sweeping);
    done();
  });

  function enter(request: FastifyRequest, reply: FastifyReply, tenant: string, lane: Lane, done: () => void): void {
    const visit = admission.enter({
      tenant,
      lane,
      kind: `${request.method} ${request.routeOptions.url} ${lane}`,
      admitted: (admitted) => {
        // Before anything else runs: the hooks that follow look at it.
        request.visit = admitted;
        done();
      },
      refused: (retryAfterSeconds) => shed(request, reply, retryAfterSeconds),
    });
    if (visit.state !== 'over')
      reply.raw.once('close', () => visit.leave(reply.raw.writableFinished && reply.statusCode < 400));
  }
}

/** What is told to who is not let in. */
export function tooMuch(retryAfterSeconds: number): Failure {
  const message = 'There is more to do than can be done at the moment. Nothing was begun. Try again later.';
  return failure('unavailable', message, { retryAfterSeconds });
}
