import type { FastifyRequest } from 'fastify';
import { type Caller, require } from '../../domain/access/caller.js';
import { ownerPermissions } from '../../domain/access/roles.js';
import type { StoredKey } from '../../domain/api-key.js';
import { type ApiKeys, unauthenticated } from '../../domain/api-keys.js';
import type { RouteAccess } from './access.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Whose data the request may see; empty on the few routes that are open to everybody. */
    tenantId: string;
    /** The key that let it in; budgets may be bound to it. */
    apiKeyId: string;
    /** Who sends it; absent on routes that are open to everybody. */
    caller: Caller | undefined;
  }
}

/**
 * Puts the caller on the request, before its body is read, and asks whether they may use the route. Waits only when the key has not been
 * seen for some seconds.
 * @throws FailureError `unauthenticated`, `permission_denied` or, when keys cannot be looked up, `unavailable`.
 */
export function authenticate(keys: ApiKeys, request: FastifyRequest): void | Promise<void> {
  const { access } = request.routeOptions.config;
  if (request.is404 || (access && 'openBecause' in access)) return;
  const secret = bearer(request.headers.authorization);
  const known = keys.known(secret);
  if (known === undefined) return lookUp(keys, secret, request, access);
  admit(request, known, access);
}

async function lookUp(
  keys: ApiKeys,
  secret: string,
  request: FastifyRequest,
  access: RouteAccess | undefined,
): Promise<void> {
  admit(request, await keys.find(secret), access);
}

function admit(request: FastifyRequest, { id, tenantId }: StoredKey, access: RouteAccess | undefined): void {
  const caller: Caller = { tenantId, permissions: ownerPermissions(tenantId), by: { keyId: String(id) } };
  request.caller = caller;
  request.tenantId = tenantId;
  request.apiKeyId = String(id);
  if (access && 'needs' in access && access.needs !== 'any credential') require(caller, access.needs);
}

function bearer(header: string | undefined): string {
  if (!header) throw unauthenticated('The request carries no API key.');
  const match = /^Bearer +(\S{1,500})$/i.exec(header);
  if (!match?.[1]) throw unauthenticated('The Authorization header is not "Bearer" followed by a key.');
  return match[1];
}
