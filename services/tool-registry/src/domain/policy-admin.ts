import { FailureError } from '@treadle/failure';
import { checkPolicy, type ToolPolicy } from './policy.js';
import type { ToolFinder } from './tool-finder.js';
import type { StoredTool, ToolsetStore } from './toolset.js';

/** Saves what holds for single tools. Throws FailureError `invalid_argument` or `tool_not_found`. */
export class PolicyAdmin {
  constructor(
    private readonly store: ToolsetStore,
    private readonly finder: ToolFinder,
  ) {}

  async save(tenantId: string, toolset: string, tool: string, policy: ToolPolicy): Promise<StoredTool> {
    checkPolicy(policy);
    const found = await this.tool(tenantId, toolset, tool);
    await this.store.savePolicy(tenantId, toolset, tool, policy);
    return { ...found, policy };
  }

  async remove(tenantId: string, toolset: string, tool: string): Promise<void> {
    if (await this.store.removePolicy(tenantId, toolset, tool)) return;
    throw FailureError.of('not_found', `No policy is saved for ${toolset}/${tool}.`.slice(0, 300), { field: 'tool' });
  }

  /** Of the version that serves, or of the newest one. */
  private async tool(tenantId: string, toolset: string, tool: string): Promise<StoredTool> {
    const wanted = { toolset, tool, version: 0, routingKey: '' };
    try {
      const [found] = await this.finder.find(tenantId, wanted);
      if (found) return found;
    } catch (error) {
      const latest = await this.store.toolset(tenantId, toolset);
      if (!latest) throw error;
      const [found] = await this.finder.find(tenantId, { ...wanted, version: latest.latestVersion });
      if (found) return found;
    }
    throw FailureError.of('invalid_argument', 'Say which tool the policy is for.', { field: 'tool' });
  }
}
