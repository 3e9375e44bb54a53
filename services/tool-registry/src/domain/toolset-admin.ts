import { FailureError } from '@treadle/failure';
import type { TenantHttp } from '@treadle/guarded-http';
import type { JsonObject } from '@treadle/workflow';
import { hashOf } from './arguments.js';
import { checkDiscovery, withoutNul } from './check-discovery.js';
import { type Kinds, providedKind, registeredKinds } from './kinds.js';
import { checkToolsetName, invalid, noToolset } from './names.js';
import type { CredentialOpener } from './open-credential.js';
import type { Routing, Toolset, ToolsetStore, ToolsetVersion } from './toolset.js';
import type { ToolsetKind } from './toolset-kind.js';
import { untilAborted } from './waiting.js';

export interface AskedRegistration {
  readonly tenantId: string;
  readonly name: string;
  /** Empty for the kind it has. */
  readonly kind: string;
  /** Undefined reads the source it has once more. */
  readonly source: JsonObject | undefined;
  readonly description: string | undefined;
  /** Percent of the calls that a new version serves. */
  readonly share: number;
}

export interface Registered {
  readonly toolset: Toolset;
  readonly version: ToolsetVersion;
  readonly changed: boolean;
}

export interface ToolsetAdminParts {
  readonly store: ToolsetStore;
  readonly kinds: Kinds;
  readonly credentials: CredentialOpener;
  readonly http: TenantHttp;
  /** Milliseconds a source may take to tell its tools. */
  readonly discoveryTimeoutMs: number;
}

/** Registers toolsets and decides which of their versions serve. Throws `invalid_argument` or `tool_source_invalid` with the field at fault. */
export class ToolsetAdmin {
  constructor(private readonly parts: ToolsetAdminParts) {}

  async register(asked: AskedRegistration): Promise<Registered> {
    const { tenantId, name, share } = asked;
    checkToolsetName(name);
    if (providedKind(this.parts.kinds, name))
      throw invalid('name', `"${name}" is a toolset that every tenant has. Choose another name for yours.`);
    checkShare(share);
    const before = await this.parts.store.toolset(tenantId, name);
    const kind = this.kindOf(asked.kind || before?.kind || '');
    const source = asked.source ?? (await this.parts.store.source(tenantId, name));
    if (source === undefined) throw invalid('source', `Say what the tools of "${name}" are read from.`);
    if (before && before.kind !== kind.kind) throw otherKind(before);
    const discovery = checkDiscovery(await this.discover(tenantId, kind, source, before));
    const { version, changed } = await this.parts.store.register(tenantId, {
      name,
      kind: kind.kind,
      description: asked.description ?? before?.description ?? '',
      source: withoutNul(source),
      discovery: {
        ...discovery,
        tools: discovery.tools.map((tool) => ({
          ...tool,
          parameters: withoutNul(tool.parameters),
          invocation: withoutNul(tool.invocation),
        })),
      },
      hash: hashOf([discovery.tools.map((tool) => ({ ...tool })), [...discovery.hosts], discovery.settings]),
      share: before ? share : 100,
    });
    return this.registered(tenantId, name, version, changed);
  }

  async remove(tenantId: string, name: string): Promise<void> {
    this.checkRegistered(name);
    if (!(await this.parts.store.remove(tenantId, name))) throw noToolset(name);
  }

  /** Version 0 means the one that serves a share. */
  async share(tenantId: string, name: string, version: number, share: number): Promise<Toolset> {
    this.checkRegistered(name);
    checkShare(share);
    return this.reroute(tenantId, name, (toolset) => sharing(toolset, version, share));
  }

  async rollBack(tenantId: string, name: string): Promise<Toolset> {
    this.checkRegistered(name);
    return this.reroute(tenantId, name, rolledBack);
  }

  private async registered(tenantId: string, name: string, version: number, changed: boolean): Promise<Registered> {
    const [toolset, versions] = await Promise.all([
      this.parts.store.toolset(tenantId, name),
      this.parts.store.versions(tenantId, name),
    ]);
    const registered = versions.find((one) => one.version === version);
    if (!toolset || !registered) throw noToolset(name);
    return { toolset, version: registered, changed };
  }

  private discover(tenantId: string, kind: ToolsetKind, source: JsonObject, before: Toolset | undefined) {
    const signal = AbortSignal.timeout(this.parts.discoveryTimeoutMs);
    const { credentials } = this.parts;
    const http = this.parts.http.of(tenantId).forSignal(signal);
    const credential = before?.credential && credentials.open(tenantId, before.credential);
    return untilAborted(kind.discover(source, { tenantId, http, credential, signal }), signal);
  }

  private kindOf(name: string): ToolsetKind {
    const kinds = registeredKinds(this.parts.kinds);
    const kind = kinds.find((one) => one.kind === name);
    if (kind) return kind;
    const known = kinds.map((one) => one.kind).join(', ');
    throw invalid(
      'kind',
      name
        ? `Toolsets of kind "${name.slice(0, 100)}" cannot be registered. The kinds are: ${known}.`
        : `Say what kind of toolset it is: ${known}.`,
    );
  }

  private async reroute(tenantId: string, name: string, decide: (toolset: Toolset) => Routing): Promise<Toolset> {
    const toolset = await this.parts.store.reroute(tenantId, name, decide);
    if (!toolset) throw noToolset(name);
    return toolset;
  }

  private checkRegistered(name: string): void {
    if (providedKind(this.parts.kinds, name))
      throw invalid('name', `"${name}" is a toolset that every tenant has: it has one version and cannot be deleted.`);
  }
}

function sharing(toolset: Toolset, version: number, share: number): Routing {
  const { candidateVersion, servingVersion, previousVersion, latestVersion, name } = toolset;
  const chosen = version || candidateVersion;
  if (chosen === undefined)
    throw invalid('version', `No version of "${name}" serves a share. Say which one is meant, 1 to ${latestVersion}.`);
  if (chosen > latestVersion)
    throw invalid('version', `"${name}" has no version ${chosen}; its newest is ${latestVersion}.`);
  if (chosen === servingVersion)
    throw invalid(
      'version',
      `Version ${chosen} of "${name}" serves already. Give a share to another one, or roll back.`,
    );
  if (share === 100)
    return { servingVersion: chosen, previousVersion: servingVersion, candidateVersion: undefined, candidateShare: 0 };
  return { servingVersion, previousVersion, candidateVersion: chosen, candidateShare: share };
}

function rolledBack({ candidateVersion, servingVersion, previousVersion, name }: Toolset): Routing {
  const alone = { candidateVersion: undefined, candidateShare: 0 };
  if (candidateVersion !== undefined) return { servingVersion, previousVersion, ...alone };
  if (previousVersion === undefined)
    throw FailureError.of(
      'invalid_argument',
      `There is no version of "${name}" to go back to: version ${servingVersion} is the first that served.`,
      {
        field: 'name',
      },
    );
  return { servingVersion: previousVersion, previousVersion: undefined, ...alone };
}

function checkShare(share: number): void {
  if (Number.isInteger(share) && share >= 0 && share <= 100) return;
  throw invalid('share', 'A share is a whole number of percent from 0 to 100.');
}

function otherKind({ name, kind }: Toolset): FailureError {
  return FailureError.of(
    'already_exists',
    `The toolset "${name}" is of kind ${kind}. Delete it first, or register this source under another name.`,
    { field: 'kind' },
  );
}
