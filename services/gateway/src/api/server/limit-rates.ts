import { type Failure, failure } from '@treadle/failure';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Credentials } from '../../domain/access/credentials.js';
import type { RouteClass } from '../../domain/rate-limits/rate-limit.js';
import type { RateLimits, Verdicts } from '../../domain/rate-limits/rate-limits.js';
import type { RouteAccess } from '../auth/access.js';
import { credentialOf } from '../auth/authenticate.js';
import { answerFailure } from '../errors/answer-failure.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What requests of the route are counted as; absent where its method and permission tell. */
    routeClass?: RouteClass;
  }
}

/**
 * Counts every request before anything is done for it, but for those that are let in always. Whom nobody has seen before is counted by address.
 * Called before admission is added. @param refused told of each request that was one too many
 */
export function addRateLimits(
  server: FastifyInstance,
  limits: RateLimits,
  credentials: Credentials,
  refused: (kind: RouteClass) => void,
): void {
  server.addHook('onRoute', (route) => {
    const isRead = [route.method].flat().every((method) => method === 'GET' || method === 'HEAD');
    const routeClass = route.config?.routeClass ?? (isRead ? 'read' : classOf(route.config?.access));
    route.config = { ...route.config, routeClass };
  });
  server.addHook('onRequest', (request, reply, done) => {
    const { load, routeClass = 'read' } = request.routeOptions.config;
    if (load === 'always') return done();
    const credential = credentialOf(request);
    const caller = credential === undefined ? undefined : credentials.lastFound(credential);
    const verdicts = limits.count(caller, request.ip, routeClass);
    const judged = (found: Verdicts) => {
      if (found.some(({ allowed }) => !allowed)) refused(routeClass);
      judge(found, request, reply, done);
    };
    if (verdicts instanceof Promise) verdicts.then(judged, done);
    else judged(verdicts);
  });
}

function classOf(access: RouteAccess | undefined): RouteClass {
  const needs = access && 'needs' in access ? access.needs : '';
  if (needs === 'runs:start') return 'run';
  return needs === 'models:call' || needs === 'tools:call' ? 'model' : 'write';
}

/** As draft-ietf-httpapi-ratelimit-headers says it. */
function judge(verdicts: Verdicts, request: FastifyRequest, reply: FastifyReply, done: () => void): void {
  if (verdicts.length === 0) return done();
  void reply.headers({
    'ratelimit-policy': verdicts.map(({ rate }) => `"${rate.policy}";q=${rate.quota};w=${rate.seconds}`).join(', '),
    ratelimit: verdicts
      .map(({ rate, remaining, resetSeconds }) => `"${rate.policy}";r=${remaining};t=${resetSeconds}`)
      .join(', '),
  });
  const refused = rateFailure(verdicts);
  if (refused) answerFailure(refused, request, reply);
  else done();
}

/** Why something was asked too often; undefined where it was not. */
export function rateFailure(verdicts: Verdicts): Failure | undefined {
  const refusing = verdicts.filter(({ allowed }) => !allowed);
  const [first] = refusing;
  if (!first) return undefined;
  const retryAfterSeconds = Math.max(...refusing.map(({ resetSeconds }) => resetSeconds));
  const { quota, seconds, policy } = first.rate;
  const message = `At most ${quota} requests in ${seconds} seconds are allowed (${policy}). Try again in ${retryAfterSeconds} seconds.`;
  return failure('limit_exceeded', message, { retryable: true, retryAfterSeconds });
}
