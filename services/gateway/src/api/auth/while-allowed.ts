import type { Failure } from '@treadle/failure';
import type { FastifyRequest } from 'fastify';
import { require } from '../../domain/access/caller.js';
import type { OpenCredentials } from '../../domain/access/open-credentials.js';
import { credentialOf } from './authenticate.js';

/**
 * For an answer that goes on for long: calls `end`, once, when its credential has ended or may not use the route any more.
 * @returns to be called when the answer has ended.
 */
export function whileAllowed(
  open: OpenCredentials,
  request: FastifyRequest,
  end: (reason: Failure) => void,
): () => void {
  const { access } = request.routeOptions.config;
  const credential = credentialOf(request);
  if (credential === undefined || !access || !('needs' in access)) return () => undefined;
  const { needs } = access;
  return open.hold(credential, {
    allow: (caller) => {
      if (needs !== 'any credential') require(caller, needs);
    },
    end,
  });
}
