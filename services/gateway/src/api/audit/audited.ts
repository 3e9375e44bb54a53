import { routeConfig } from '../auth/access.js';

/** What changes are about. */
export type AuditedKind =
  | 'approval'
  | 'budget'
  | 'chunk'
  | 'conversation'
  | 'dataset'
  | 'dataset-tag'
  | 'document'
  | 'erasure'
  | 'file'
  | 'key'
  | 'organisation'
  | 'person'
  | 'price'
  | 'provider'
  | 'retention'
  | 'role'
  | 'route'
  | 'run'
  | 'schedule'
  | 'session'
  | 'tool-credential'
  | 'tool-policy'
  | 'toolset'
  | 'user'
  | 'vector-store'
  | 'webhook'
  | 'workflow';

/** What the audit log says of a route. */
export type RouteAudit =
  | { readonly kind: AuditedKind; readonly action: string }
  /** It is no change that somebody could be asked about, and why. */
  | { readonly notAuditedBecause: string };

declare module 'fastify' {
  interface FastifyContextConfig {
    audit?: RouteAudit;
  }
}

/** Everything done by this route is recorded: before it is done, and what came of it. */
export const Audited = (kind: AuditedKind, action: string) => routeConfig({ audit: { kind, action } });

/** Nothing is recorded; the reason says where else it is, or why nobody will ask. Denials are recorded all the same. */
export const NotAudited = (because: string) => routeConfig({ audit: { notAuditedBecause: because } });
