import { Logger } from '@nestjs/common';
import { type Metrics, metricCatalogue } from '@treadle/telemetry';
import type { FastifyInstance } from 'fastify';
import type { Credentials } from '../../domain/access/credentials.js';
import { Admission } from '../../domain/admission/admission.js';
import type { HttpSettings } from '../../http-settings.js';
import { addAdmission } from './admit.js';
import { countTurnedAway } from './measure.js';
import { guardingHeaders } from './request-guards.js';
import { turnAwayEarly } from './turn-away.js';

const tellEveryMs = 10_000;

/** Puts admission before the server, early and late, with what is counted and logged of it. Called before callers are authenticated. */
export function addDoor(
  server: FastifyInstance,
  settings: HttpSettings,
  credentials: Credentials,
  metrics: Metrics,
): Admission {
  const admission = new Admission(settings.admission, () => performance.now());
  const counter = metrics.counter(metricCatalogue.gateway.refused).of();
  const tell = tellOfRefusals(server);
  const refused = () => {
    counter.add();
    tell();
  };
  addAdmission(server, admission, credentials, refused);
  const turnedAway = countTurnedAway(metrics);
  turnAwayEarly(server.server, admission, credentials, guardingHeaders(settings), (method) => {
    refused();
    turnedAway(method);
  });
  return admission;
}

/** Says in the log every now and then how many were refused. @returns to be called for each */
function tellOfRefusals(server: FastifyInstance): () => void {
  const logger = new Logger('Gateway');
  let count = 0;
  const telling = setInterval(() => {
    if (count > 0) logger.warn(`${count} requests were refused in ten seconds: there is more to do than can be done.`);
    count = 0;
  }, tellEveryMs).unref();
  server.addHook('onClose', (_server, done) => {
    clearInterval(telling);
    done();
  });
  return () => {
    count += 1;
  };
}
