import type { AuditActor, AuditNote, AuditValue } from '@treadle/audit';
import { redactText } from '@treadle/audit';
import type { FastifyRequest } from 'fastify';
import { firstTenant } from '../../domain/access/roles.js';
import type { AuditLog } from '../../domain/audit/audit-log.js';
import type { Denials } from '../../domain/audit/denials.js';
import type { Subject } from '../../domain/audit/subject.js';
import type { auditSubjects, SubjectRequest } from './audit-subjects.js';
import type { RouteAudit } from './audited.js';
import { kept } from './kept-fields.js';

type AuditedRoute = Extract<RouteAudit, { kind: unknown }>;

/** An answer as it is about to be sent. */
export interface Answer {
  readonly status: number;
  /** Parsed; undefined where it is no JSON or very large. */
  readonly body: unknown;
}

interface Begun {
  readonly tenantId: string;
  readonly seq: number;
  readonly note: AuditNote;
}

/** Finds the organisations of somebody by e-mail address. */
export type TenantsOf = (email: string) => Promise<readonly string[]>;

/** Writes down what requests do: before a change is made, and what came of it; sign-ins; denials. */
export class AuditTrail {
  private readonly begun = new WeakMap<FastifyRequest, Begun>();
  private readonly ended = new WeakSet<FastifyRequest>();

  constructor(
    private readonly log: AuditLog,
    private readonly denials: Denials,
    private readonly subjects: ReturnType<typeof auditSubjects>,
    private readonly tenantsOf: TenantsOf,
  ) {}

  /** Records that a change is about to be made. It may only be made when this has resolved. @throws FailureError `unavailable` */
  async begin(request: FastifyRequest, { kind, action }: AuditedRoute): Promise<void> {
    const about = subjectRequest(request);
    // What is not there, or cannot be asked for now, has no state before; the request will find out for itself.
    const subject = action === 'create' ? {} : await this.subjects[kind]?.(about).catch((): Subject => ({}));
    const tenantId = request.tenantId || subject?.tenantId;
    // Who signs in shows whom they belong to with it; a token that leads to nothing is about nothing.
    if (!tenantId) return;
    const wanted = kept(kind, request.body);
    const note: AuditNote = {
      actor: actorOf(request, kind === 'approval' ? 'link' : 'nobody'),
      action: `${kind}.${action}`,
      object: { kind, id: subject?.id ?? idIn(request, kind) },
      outcome: 'begun',
      request: request.id,
      ...value('before', kept(kind, subject?.state)),
      ...(wanted !== undefined && { details: { wanted } }),
    };
    this.begun.set(request, { tenantId, note, seq: await this.log.append(tenantId, note) });
  }

  /** Whether `end` has something to write. */
  concerns(request: FastifyRequest, status: number): boolean {
    if (this.ended.has(request)) return false;
    return this.begun.has(request) || status === 401 || status === 403 || letsIn(request);
  }

  /** Whether this is a route that lets somebody in, who is known by what it answers. */
  letsIn(request: FastifyRequest): boolean {
    return letsIn(request);
  }

  /** Records what came of a request, once. @throws FailureError `unavailable` */
  async end(request: FastifyRequest, answer: Answer): Promise<void> {
    const begun = this.begun.get(request);
    this.ended.add(request);
    if (begun) return this.endChange(request, begun, answer);
    if (letsIn(request)) return this.signIn(request, answer);
    if (answer.status === 401 || answer.status === 403) await this.deny(request, answer);
  }

  private async endChange(request: FastifyRequest, { tenantId, seq, note }: Begun, answer: Answer): Promise<void> {
    const { details: _, ...facts } = note;
    const { kind, id } = note.object;
    const audit = request.routeOptions.config.audit as AuditedRoute;
    const done = answer.status < 400;
    const after = done && request.method !== 'DELETE' ? kept(audit.kind, answer.body) : undefined;
    await this.log.append(tenantId, {
      ...facts,
      object: { kind, id: id || idOf(answer.body) },
      outcome: outcomeOf(answer.status),
      begun: seq,
      ...value('after', after),
      ...(!done && { details: problemOf(answer) }),
    });
  }

  private async signIn(request: FastifyRequest, answer: Answer): Promise<void> {
    const { action } = request.routeOptions.config.audit as AuditedRoute;
    const told = (answer.status < 400 ? answer.body : undefined) as
      | { readonly organisation?: string; readonly user_id?: string }
      | undefined;
    const email = (request.body as { readonly email?: unknown } | undefined)?.email;
    const tenants = told || typeof email !== 'string' ? [] : await this.tenantsOf(email.toLowerCase());
    const userId = told?.user_id ?? '';
    const note: AuditNote = {
      actor: { ...actorOf(request, 'nobody'), ...(userId && { kind: 'user' as const, id: userId }) },
      action: `session.${action}`,
      object: { kind: 'session', id: userId },
      outcome: outcomeOf(answer.status),
      request: request.id,
      ...(!told && { details: { ...problemOf(answer), known_person: tenants.length > 0 } }),
    };
    const tenantId = told?.organisation ?? tenants[0] ?? firstTenant;
    if (told) await this.log.append(tenantId, note);
    else await this.denials.record(tenantId, note);
  }

  /** Records a denial; `end` does it where an answer says so. @throws FailureError `unavailable` */
  async deny(request: FastifyRequest, answer: Answer): Promise<void> {
    await this.denials.record(request.tenantId || firstTenant, {
      actor: actorOf(request, 'nobody'),
      action: answer.status === 401 ? 'access.unknown-credential' : 'access.denied',
      object: { kind: 'route', id: `${request.method} ${request.routeOptions.url ?? ''}` },
      outcome: 'refused',
      request: request.id,
      details: problemOf(answer),
    });
  }
}

function subjectRequest({ tenantId, params, query, body }: FastifyRequest): SubjectRequest {
  return {
    tenantId,
    params: (params ?? {}) as Record<string, string>,
    query: (query ?? {}) as Record<string, unknown>,
    body: typeof body === 'object' ? body : undefined,
  };
}

/** Sign-ins and what leads to one; the routes where somebody ends a session know who they are. */
function letsIn({ routeOptions, tenantId }: FastifyRequest): boolean {
  const { audit } = routeOptions.config;
  return audit !== undefined && 'kind' in audit && audit.kind === 'session' && tenantId === '';
}

function actorOf(request: FastifyRequest, stranger: 'link' | 'nobody'): AuditActor {
  const { caller, ip, headers } = request;
  const agent = redactText((headers['user-agent'] ?? '').slice(0, 120));
  const from = { address: ip, agent };
  if (!caller) return { kind: stranger, id: '', ...from };
  const { by } = caller;
  return 'keyId' in by ? { kind: 'key', id: by.keyId, ...from } : { kind: 'user', id: by.userId, ...from };
}

/** What the address names. Addresses of approvals hold a credential. */
function idIn({ params }: FastifyRequest, kind: string): string {
  if (kind === 'approval') return '';
  return Object.values((params ?? {}) as Record<string, string>)
    .map((part) => redactText(part.slice(0, 200)))
    .join('/');
}

/** What an answer calls that which was made. */
function idOf(body: unknown): string {
  const { id, name } = (typeof body === 'object' && body !== null ? body : {}) as { id?: unknown; name?: unknown };
  const found = id ?? name;
  return typeof found === 'string' || typeof found === 'number' ? String(found) : '';
}

function outcomeOf(status: number): 'done' | 'refused' | 'failed' {
  if (status < 400) return 'done';
  return status < 500 ? 'refused' : 'failed';
}

function problemOf({ status, body }: Answer): { readonly [name: string]: AuditValue } {
  const { code, message } = toldIn(body);
  return {
    status,
    ...(typeof code === 'string' && { code }),
    ...(typeof message === 'string' && { message: redactText(message.slice(0, 300)) }),
  };
}

/** GraphQL has the code of an error among its extensions. */
function toldIn(body: unknown): { readonly code?: unknown; readonly message?: unknown } {
  const told = (body ?? {}) as Record<string, unknown>;
  const [first] = Array.isArray(told['errors']) ? (told['errors'] as Record<string, unknown>[]) : [];
  const extensions = first?.['extensions'] as { readonly code?: unknown } | undefined;
  return extensions ? { code: extensions.code, message: first?.['message'] } : told;
}

function value(name: 'before' | 'after', one: AuditValue | undefined) {
  return one === undefined ? {} : { [name]: one };
}
