import type { FastifyRequest } from 'fastify';
import type { Caller } from '../../domain/access/caller.js';
import { unauthenticated } from '../../domain/access/credentials.js';

/** The caller of a route that is not open to everybody. */
export function callerOf({ caller }: FastifyRequest): Caller {
  if (!caller) throw unauthenticated('The request carries no API key and no access token.');
  return caller;
}
