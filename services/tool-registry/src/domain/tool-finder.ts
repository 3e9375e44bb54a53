import { chooseVersion } from './choose-version.js';
import { type Kinds, providedKind } from './kinds.js';
import { noTool, noToolset } from './names.js';
import type { StoredTool, Toolset, ToolsetStore } from './toolset.js';

export interface Wanted {
  readonly toolset: string;
  /** Empty for every tool of the toolset. */
  readonly tool: string;
  /** 0 for the one that serves. */
  readonly version: number;
  readonly routingKey: string;
}

/** Finds tools by name, whether they were registered or every tenant has them. */
export class ToolFinder {
  constructor(
    private readonly store: ToolsetStore,
    private readonly kinds: Kinds,
  ) {}

  /** @throws FailureError `tool_not_found`. */
  async find(tenantId: string, wanted: Wanted): Promise<StoredTool[]> {
    const only = wanted.tool === '' ? undefined : [wanted.tool];
    const found = await this.tools(tenantId, wanted, only);
    if (only && found.length === 0) throw noTool(wanted.toolset, wanted.tool, wanted.version);
    return found;
  }

  /** The tools of a toolset that every tenant has. */
  async provided(
    tenantId: string,
    toolset: string,
    only?: readonly string[],
    version = 0,
  ): Promise<StoredTool[] | undefined> {
    const kind = providedKind(this.kinds, toolset);
    if (!kind) return undefined;
    const [offered, policies] = await Promise.all([
      kind.offered(tenantId, only, version),
      this.store.policies(tenantId, toolset),
    ]);
    return offered.map((one) => ({
      toolset,
      kind: kind.kind,
      version: one.version,
      tool: one.tool,
      settings: {},
      timeoutMs: one.timeoutMs,
      policy: policies.get(one.tool.name) ?? {},
      credential: undefined,
    }));
  }

  private async tools(tenantId: string, wanted: Wanted, only: readonly string[] | undefined): Promise<StoredTool[]> {
    const { toolset, version, routingKey } = wanted;
    const provided = await this.provided(tenantId, toolset, only, version);
    if (provided) return provided;
    const found = await this.store.toolset(tenantId, toolset);
    if (!found) throw noToolset(toolset);
    const serving = version > 0 ? knownVersion(found, version, wanted) : chooseVersion(toolset, found, routingKey);
    return this.store.tools(tenantId, toolset, serving, only);
  }
}

function knownVersion({ latestVersion, name }: Toolset, version: number, { tool }: Wanted): number {
  if (version <= latestVersion) return version;
  throw noTool(name, tool, version);
}
