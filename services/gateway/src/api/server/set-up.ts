import multipart from '@fastify/multipart';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { type Metrics, metricCatalogue } from '@treadle/telemetry';
import { BoundAccess } from '../../domain/access/bound-access.js';
import { Credentials } from '../../domain/access/credentials.js';
import { RateLimits } from '../../domain/rate-limits/rate-limits.js';
import type { HttpSettings } from '../../http-settings.js';
import { OpenStreams } from '../../streaming/open-streams.js';
import { addAuditHooks } from '../audit/audit-hooks.js';
import { AuditTrail } from '../audit/audit-trail.js';
import { authenticate } from '../auth/authenticate.js';
import { declareRoutes } from '../auth/route-table.js';
import { maxFiles } from '../files/upload.controller.js';
import { GraphqlSockets } from '../graphql/socket/graphql-sockets.js';
import { serveSockets } from '../graphql/socket/serve-sockets.js';
import { chatUrl, OpenAiController } from '../openai/openai.controller.js';
import { addBodyParsers } from './adapter.js';
import { serveApiDocs } from './api-docs.js';
import { addCors } from './cors.js';
import { addDoor } from './door.js';
import { addRateLimits } from './limit-rates.js';
import { addMeasures, watchDoor } from './measure.js';
import { addRequestGuards } from './request-guards.js';
import { serveDirectly } from './serve-directly.js';

/** What every request passes, and the description of the API. Called once, before the application listens, with what its adapter was given. @param metrics counts what is answered */
export function setUpGateway(app: NestFastifyApplication, settings: HttpSettings, metrics: Metrics): void {
  const server = app.getHttpAdapter().getInstance();
  const credentials = app.get(Credentials, { strict: false });
  const bounds = app.get(BoundAccess, { strict: false });
  declareRoutes(server);
  addMeasures(server, metrics);
  addRequestGuards(server, settings);
  addCors(server, settings.corsOrigins);
  addBodyParsers(server);
  serveSockets(server, app.get(GraphqlSockets, { strict: false }), settings.corsOrigins);
  const openAi = app.get(OpenAiController, { strict: false });
  serveDirectly(server, chatUrl, (request, reply) => openAi.chat(request, reply));
  // Sizes are the uploads' own to count: they can say by how much a file is too large.
  void server.register(multipart, { limits: { fileSize: Number.POSITIVE_INFINITY, files: maxFiles + 1, fields: 20 } });
  const limited = metrics.counter(metricCatalogue.gateway.limited);
  addRateLimits(server, app.get(RateLimits, { strict: false }), credentials, (kind) => limited.of(kind).add());
  const admission = addDoor(server, settings, credentials, metrics);
  watchDoor(metrics, admission, app.get(OpenStreams, { strict: false }));
  server.decorateRequest('tenantId', '');
  server.decorateRequest('apiKeyId', '');
  server.decorateRequest('caller', undefined);
  server.addHook('onRequest', (request, _reply, done) => {
    try {
      const looking = authenticate(credentials, bounds, request);
      if (looking) looking.then(() => done(), done);
      else done();
    } catch (error) {
      done(error as Error);
    }
  });
  addAuditHooks(server, app.get(AuditTrail, { strict: false }));
  serveApiDocs(app);
}
