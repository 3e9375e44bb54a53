import { type Metrics, metricCatalogue } from '@treadle/telemetry';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Admission } from '../../domain/admission/admission.js';
import type { OpenStreams } from '../../streaming/open-streams.js';

const names = metricCatalogue.gateway;
const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Counts every answer by the class of its route, never by its path. Called before any hook that may answer. */
export function addMeasures(server: FastifyInstance, metrics: Metrics): void {
  const requests = metrics.counter(names.requests);
  const seconds = metrics.histogram(names.seconds);
  server.addHook('onResponse', (request, reply, done) => {
    const kind = classOf(request);
    requests.of(kind, methodOf(request.method), `${Math.floor(reply.statusCode / 100)}xx`).add();
    if (!isStream(reply)) seconds.of(kind).observe(reply.elapsedTime / 1000);
    done();
  });
}

/** Counts an answer to somebody who was not let in and never came to a route. */
export function countTurnedAway(metrics: Metrics): (method: string) => void {
  const requests = metrics.counter(names.requests);
  return (method) => requests.of('refused', methodOf(method), '5xx').add();
}

/** Looks at the door and at open streams when somebody asks. */
export function watchDoor(metrics: Metrics, admission: Admission, streams: OpenStreams): void {
  const [inside, waiting, limit] = [names.inside, names.waiting, names.limit].map((name) => metrics.gauge(name).of());
  const open = metrics.gauge(names.streams).of();
  metrics.beforeShown(() => {
    const { load } = admission;
    inside?.set(load.inside);
    waiting?.set(load.waiting);
    limit?.set(load.limit);
    open.set(streams.count);
  });
}

function methodOf(method: string): string {
  return methods.has(method) ? method : 'other';
}

function classOf({ is404, routeOptions }: FastifyRequest): string {
  if (is404) return 'unknown';
  const { load, routeClass = 'read' } = routeOptions.config;
  return load === 'always' ? 'always' : routeClass;
}

/** Such an answer lasts as long as what it tells of. */
function isStream({ raw }: FastifyReply): boolean {
  return String(raw.getHeader('content-type')).startsWith('text/event-stream');
}
