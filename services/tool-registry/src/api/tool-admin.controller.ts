import type * as messages from '@treadle/contracts';
import type { ToolAdminServiceService } from '@treadle/contracts';
import type { Handlers } from '@treadle/grpc';
import type { CallStatus, CallStore } from '../domain/call-record.js';
import type { CredentialAdmin } from '../domain/credential-admin.js';
import { type Kinds, providedKind } from '../domain/kinds.js';
import { invalid, noTool, noToolset } from '../domain/names.js';
import type { PolicyDefaults } from '../domain/policy.js';
import type { PolicyAdmin } from '../domain/policy-admin.js';
import type { ToolFinder } from '../domain/tool-finder.js';
import type { Page, ToolsetStore } from '../domain/toolset.js';
import type { ToolsetAdmin } from '../domain/toolset-admin.js';
import {
  callMessage,
  credentialMessage,
  objectOf,
  providedMessage,
  toolMessage,
  toolsetMessage,
  toPolicy,
  versionMessage,
} from './admin-messages.js';

export interface ToolAdminParts {
  readonly kinds: Kinds;
  readonly store: ToolsetStore;
  readonly calls: CallStore;
  readonly finder: ToolFinder;
  readonly toolsets: ToolsetAdmin;
  readonly policies: PolicyAdmin;
  readonly credentials: CredentialAdmin;
  readonly defaults: PolicyDefaults;
}

/** What the registry is set up with, and what was called, for callers in this process or over gRPC. */
export class ToolAdminController implements Handlers<typeof ToolAdminServiceService> {
  constructor(private readonly parts: ToolAdminParts) {}

  /** Those that every tenant has are at the beginning of the first page. */
  async listToolsets({
    tenantId,
    cursor,
    limit,
  }: messages.ListToolsetsRequest): Promise<messages.ListToolsetsResponse> {
    const size = sized(limit);
    const found = await this.parts.store.toolsets(tenantId, { cursor, limit: size + 1 });
    const registered = found.slice(0, size);
    const provided = Object.values(this.parts.kinds).filter((kind) => 'offered' in kind);
    return {
      toolsets: [...(cursor === '' ? provided.map(providedMessage) : []), ...registered.map(toolsetMessage)],
      nextCursor: found.length > size ? (registered.at(-1)?.name ?? '') : '',
    };
  }

  async getToolset({ tenantId, name, version }: messages.GetToolsetRequest): Promise<messages.GetToolsetResponse> {
    const { store, finder, kinds, defaults } = this.parts;
    const kind = providedKind(kinds, name);
    if (kind) {
      const tools = (await finder.provided(tenantId, name)) ?? [];
      return { toolset: providedMessage(kind), tools: tools.map((tool) => toolMessage(tool, defaults)), versions: [] };
    }
    const toolset = await store.toolset(tenantId, name);
    if (!toolset) throw noToolset(name);
    if (version > toolset.latestVersion)
      throw invalid('version', `"${name}" has no version ${version}; its newest is ${toolset.latestVersion}.`);
    const [tools, versions] = await Promise.all([
      store.tools(tenantId, name, version || toolset.servingVersion),
      store.versions(tenantId, name),
    ]);
    return {
      toolset: toolsetMessage(toolset),
      tools: tools.map((tool) => toolMessage(tool, defaults)),
      versions: versions.map(versionMessage),
    };
  }

  async registerToolset(request: messages.RegisterToolsetRequest): Promise<messages.RegisterToolsetResponse> {
    const { tenantId, name, kind, sourceJson, description, share = 100 } = request;
    const source = sourceJson === '' ? undefined : objectOf(sourceJson, 'source');
    const { toolset, version, changed } = await this.parts.toolsets.register({
      ...{ tenantId, name, kind, source, description, share },
    });
    return { toolset: toolsetMessage(toolset), version: versionMessage(version), changed };
  }

  async deleteToolset({ tenantId, name }: messages.DeleteToolsetRequest): Promise<messages.DeleteToolsetResponse> {
    await this.parts.toolsets.remove(tenantId, name);
    return {};
  }

  async shareVersion(request: messages.ShareVersionRequest): Promise<messages.ShareVersionResponse> {
    const { tenantId, name, version, share } = request;
    return { toolset: toolsetMessage(await this.parts.toolsets.share(tenantId, name, version, share)) };
  }

  async rollBackToolset({
    tenantId,
    name,
  }: messages.RollBackToolsetRequest): Promise<messages.RollBackToolsetResponse> {
    return { toolset: toolsetMessage(await this.parts.toolsets.rollBack(tenantId, name)) };
  }

  async saveToolPolicy(request: messages.SaveToolPolicyRequest): Promise<messages.SaveToolPolicyResponse> {
    const { tenantId, toolset, tool, policy } = request;
    if (tool === '') throw noTool(toolset, tool, 0);
    const saved = await this.parts.policies.save(tenantId, toolset, tool, toPolicy(policy));
    return { tool: toolMessage(saved, this.parts.defaults) };
  }

  async deleteToolPolicy(request: messages.DeleteToolPolicyRequest): Promise<messages.DeleteToolPolicyResponse> {
    await this.parts.policies.remove(request.tenantId, request.toolset, request.tool);
    return {};
  }

  async saveCredential(request: messages.SaveCredentialRequest): Promise<messages.SaveCredentialResponse> {
    const { tenantId, toolset, type, hosts, valuesJson } = request;
    const values = objectOf(valuesJson, 'values');
    return { credential: credentialMessage(await this.parts.credentials.save(tenantId, toolset, type, hosts, values)) };
  }

  async deleteCredential(request: messages.DeleteCredentialRequest): Promise<messages.DeleteCredentialResponse> {
    await this.parts.credentials.remove(request.tenantId, request.toolset);
    return {};
  }

  async testCredential(request: messages.TestCredentialRequest): Promise<messages.TestCredentialResponse> {
    return this.parts.credentials.test(request.tenantId, request.toolset, request.url);
  }

  async listToolCalls(request: messages.ListToolCallsRequest): Promise<messages.ListToolCallsResponse> {
    const { tenantId, toolset, tool, runId, workflowId, mutatingOnly, fromUnixMs, beforeUnixMs, cursor, limit } =
      request;
    const page: Page = { cursor, limit: sized(limit) };
    const { calls, nextCursor } = await this.parts.calls.list(
      tenantId,
      {
        ...{ toolset, tool, runId, workflowId, mutatingOnly },
        status: statusOf(request.status),
        from: momentOf(fromUnixMs),
        before: momentOf(beforeUnixMs),
      },
      page,
    );
    return { calls: calls.map(callMessage), nextCursor };
  }
}

const statuses: readonly CallStatus[] = ['running', 'completed', 'failed', 'unknown'];

function statusOf(text: string): CallStatus | undefined {
  const status = statuses.find((one) => one === text);
  if (status || text === '') return status;
  throw invalid('status', `Calls have no status "${text.slice(0, 50)}". They have: ${statuses.join(', ')}.`);
}

const momentOf = (unixMs: number) => (unixMs > 0 ? new Date(unixMs) : undefined);
const sized = (limit: number) => Math.min(Math.max(limit, 1), 100);
