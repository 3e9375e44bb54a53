import { FailureError } from '@treadle/failure';
import type { FastifyInstance } from 'fastify';
import type { RouteAudit } from '../audit/audited.js';
import type { RouteAccess } from './access.js';

/** A route as the server runs it. */
export interface DeclaredRoute {
  readonly method: string;
  /** With its parameters, such as `/api/v1/runs/:id`. */
  readonly path: string;
  readonly access: RouteAccess;
  /** Absent where nothing can be changed. */
  readonly audit?: RouteAudit;
}

/** Routes that libraries add and nobody can decorate. */
const foreign: readonly { readonly path: RegExp; readonly because: string }[] = [
  { path: /^\/health\/\w+$/, because: 'tells only whether the service is up' },
  { path: /^\/api\/docs(?:[/-].*)?$/, because: 'describes the API, which is no secret' },
];

declare module 'fastify' {
  interface FastifyInstance {
    /** Every route there is, in the order they were added. */
    declaredRoutes: readonly DeclaredRoute[];
  }
}

/** Refuses routes that do not say who may use them, so that none is ever served by oversight. Called before any route is added. */
export function declareRoutes(server: FastifyInstance): void {
  const routes: DeclaredRoute[] = [];
  server.decorate('declaredRoutes', routes);
  server.addHook('onRoute', (route) => {
    const access = route.config?.access ?? foreignAccess(route.url);
    const methods = [route.method].flat();
    if (!access) throw undeclared(methods.join('|'), route.url);
    route.config = { ...route.config, access };
    const audit = route.config.audit;
    routes.push(...methods.map((method) => ({ method, path: route.url, access, ...(audit && { audit }) })));
  });
}

function foreignAccess(path: string): RouteAccess | undefined {
  const found = foreign.find((one) => one.path.test(path));
  return found && { openBecause: found.because };
}

function undeclared(methods: string, path: string): FailureError {
  return FailureError.of(
    'internal',
    `The route ${methods} ${path} does not say who may use it. Put @Requires, @AnyCaller or @Open on its handler.`,
  );
}
