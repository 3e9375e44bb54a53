import type { FastifyRequest } from 'fastify';
import type { BoundAccess, Subject } from '../../domain/access/bound-access.js';
import { type Bound, type Caller, require } from '../../domain/access/caller.js';
import { type Credentials, unauthenticated } from '../../domain/access/credentials.js';
import type { RouteAccess, RouteSubject } from './access.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Whose data the request may see; empty on the few routes that are open to everybody. */
    tenantId: string;
    /** The key that let it in, or the user; budgets may be bound to it. */
    apiKeyId: string;
    /** Who sends it; absent on routes that are open to everybody. */
    caller: Caller | undefined;
  }
}

/**
 * Puts the caller on the request, before its body is read, and asks whether they may use the route. Waits only when the credential has not
 * been seen for some seconds, or is an API key that is bound to something.
 * @throws FailureError `unauthenticated`, `permission_denied`, `not_found` for what a bound key is not for, or, when credentials cannot be
 * looked up, `unavailable`.
 */
export function authenticate(
  credentials: Credentials,
  bounds: BoundAccess,
  request: FastifyRequest,
): void | Promise<void> {
  const { access } = request.routeOptions.config;
  if (request.is404 || (access && 'openBecause' in access)) return;
  const credential = bearer(request.headers.authorization);
  const known = credentials.known(credential);
  if (known === undefined) return credentials.find(credential).then((caller) => admit(caller, bounds, request, access));
  return admit(known, bounds, request, access);
}

function admit(
  caller: Caller,
  bounds: BoundAccess,
  request: FastifyRequest,
  access: RouteAccess | undefined,
): void | Promise<void> {
  putCaller(caller, request);
  if (!access || !('needs' in access)) return;
  const asked = { params: request.params as Asked['params'], query: request.query as Asked['query'] };
  return mayUse(caller, bounds, access, asked);
}

/** From now on the request is this caller's. */
export function putCaller(caller: Caller, request: FastifyRequest): void {
  const { tenantId, by } = caller;
  request.caller = caller;
  request.tenantId = tenantId;
  request.apiKeyId = 'keyId' in by ? by.keyId : `user:${by.userId}`;
}

/** What is asked for; what narrows a list to the app of the key is put into its query. */
export interface Asked {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Record<string, unknown>;
}

/**
 * Waits only for keys that are bound to something.
 * @throws FailureError `permission_denied`, or `not_found` for what a bound key is not for.
 */
export function mayUse(
  caller: Caller,
  bounds: BoundAccess,
  access: Extract<RouteAccess, { needs: unknown }>,
  asked: Asked,
): void | Promise<void> {
  if (access.needs === 'any credential') return;
  require(caller, access.needs);
  const { tenantId, bound } = caller;
  if (bound) return bounds.check(tenantId, bound, subjectOf(asked, access.about, bound));
}

function subjectOf({ params, query }: Asked, about: RouteSubject | undefined, bound: Bound): Subject | undefined {
  if (about === undefined) return undefined;
  if (typeof about === 'string') return 'nothing there';
  if ('workflow' in about) return { workflowId: params[about.workflow] ?? '' };
  if ('run' in about) return { runId: params[about.run] ?? '' };
  if ('conversation' in about) return { conversationId: params[about.conversation] ?? '' };
  if ('dataset' in about) return { datasetId: params[about.dataset] ?? '' };
  if (!('workflowId' in bound)) return undefined;
  // A list shows what the key is for, whether it asks for that or for all.
  const asked = (query[about.workflowQuery] ||= bound.workflowId);
  return { workflowId: typeof asked === 'string' ? asked : '' };
}

function bearer(header: string | undefined): string {
  if (!header) throw unauthenticated('The request carries no API key and no access token.');
  const credential = inHeader(header);
  if (!credential)
    throw unauthenticated('The Authorization header is not "Bearer" followed by a key or an access token.');
  return credential;
}

/** The credential that a request shows, good or bad; `undefined` where it shows none. */
export function credentialOf({ headers }: FastifyRequest): string | undefined {
  return headers.authorization === undefined ? undefined : inHeader(headers.authorization);
}

/** The credential in the text of an Authorization header. */
export function inHeader(header: string): string | undefined {
  return /^Bearer +(\S{1,2000})$/i.exec(header)?.[1];
}
