import type { FastifyRequest } from 'fastify';
import type { StoredKey } from '../../domain/api-key.js';
import { type ApiKeys, unauthenticated } from '../../domain/api-keys.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Whose data the request may see; empty on the few routes that are open to everybody. */
    tenantId: string;
    /** The key that let it in; budgets may be bound to it. */
    apiKeyId: string;
  }
}

/** Open to everybody: the front page, health and the description of the API; and an approval, whose token is credential enough, and a webhook, whose signature is. */
const openPaths =
  /^\/(?:$|favicon\.ico$|health(?:\/|$)|api\/docs(?:[/-]|$)|(?:api\/v1\/)?approvals\/[^/]+$|hooks\/[^/]+$)/;

/**
 * Puts the caller's tenant on the request, before its body is read. Waits only when the key has not been seen for some seconds.
 * @throws FailureError `unauthenticated` or, when keys cannot be looked up, `unavailable`.
 */
export function authenticate(keys: ApiKeys, request: FastifyRequest): void | Promise<void> {
  const path = request.url.split('?', 1)[0] ?? '';
  if (request.is404 || openPaths.test(path)) return;
  const secret = bearer(request.headers.authorization);
  const known = keys.known(secret);
  if (known === undefined) return lookUp(keys, secret, request);
  admit(request, known);
}

async function lookUp(keys: ApiKeys, secret: string, request: FastifyRequest): Promise<void> {
  admit(request, await keys.find(secret));
}

function admit(request: FastifyRequest, { id, tenantId }: StoredKey): void {
  request.tenantId = tenantId;
  request.apiKeyId = String(id);
}

function bearer(header: string | undefined): string {
  if (!header) throw unauthenticated('The request carries no API key.');
  const match = /^Bearer +(\S{1,500})$/i.exec(header);
  if (!match?.[1]) throw unauthenticated('The Authorization header is not "Bearer" followed by a key.');
  return match[1];
}
