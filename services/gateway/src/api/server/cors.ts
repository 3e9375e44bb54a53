import type { FastifyInstance, FastifyReply } from 'fastify';

const methods = 'GET, HEAD, POST, PUT, PATCH, DELETE';
const askedHeaders = 'Authorization, Content-Type, Idempotency-Key, Last-Event-ID, Traceparent, X-Request-Id';
const shownHeaders = 'Location, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id, X-Should-Retry';
const daySeconds = 86_400;

/**
 * Lets web pages of the listed origins call the API; without any, browsers let in none. Cookies and other credentials that a browser adds by
 * itself are never asked for: who calls shows a key or a token, which a page has only when somebody gave it one.
 */
export function addCors(server: FastifyInstance, origins: readonly string[]): void {
  if (origins.length === 0) return;
  const everybody = origins.includes('*');
  const listed = new Set(origins.map((origin) => origin.toLowerCase()));
  server.addHook('onRequest', (request, reply, done) => {
    const { origin } = request.headers;
    if (!everybody) void reply.header('vary', 'Origin');
    if (origin === undefined || !(everybody || listed.has(origin.toLowerCase()))) return done();
    void reply.header('access-control-allow-origin', everybody ? '*' : origin);
    if (request.method === 'OPTIONS' && request.headers['access-control-request-method']) return preflight(reply);
    void reply.header('access-control-expose-headers', shownHeaders);
    done();
  });
}

function preflight(reply: FastifyReply): void {
  void reply
    .status(204)
    .headers({
      'access-control-allow-methods': methods,
      'access-control-allow-headers': askedHeaders,
      'access-control-max-age': daySeconds,
    })
    .send();
}
