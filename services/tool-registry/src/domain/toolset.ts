import type { JsonObject } from '@treadle/workflow';
import type { Serving } from './choose-version.js';
import type { ToolPolicy } from './policy.js';
import type { SealedCredential } from './sealed-credential.js';
import type { DiscoveredTool, Discovery, KindName } from './toolset-kind.js';

/** A registered toolset. */
export interface Toolset extends Serving {
  readonly name: string;
  readonly kind: KindName;
  readonly description: string;
  /** The one a rollback goes back to. */
  readonly previousVersion: number | undefined;
  readonly latestVersion: number;
  readonly credential: SealedCredential | undefined;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface ToolsetVersion {
  readonly version: number;
  readonly tools: number;
  readonly hosts: readonly string[];
  readonly warnings: readonly string[];
  readonly createdAt: Date;
}

/** What a registration says. */
export interface Registration {
  readonly name: string;
  readonly kind: KindName;
  readonly description: string;
  readonly source: JsonObject;
  readonly discovery: Discovery;
  /** Equal for equal source and discovery. */
  readonly hash: string;
  /** Percent of the calls a new version serves. */
  readonly share: number;
}

/** A tool with all that its calls need. */
export interface StoredTool {
  readonly toolset: string;
  readonly kind: KindName;
  readonly version: number;
  readonly tool: DiscoveredTool;
  readonly settings: JsonObject;
  readonly policy: ToolPolicy;
  /** Where neither its policy nor its caller says less; absent for the registry's own limit. */
  readonly timeoutMs?: number | undefined;
  readonly credential: SealedCredential | undefined;
}

export interface Page {
  /** Where the page before ended; empty for the first. */
  readonly cursor: string;
  readonly limit: number;
}

/** Where toolsets are kept. Every call sees one tenant only, and may throw FailureError `unavailable`. */
export interface ToolsetStore {
  toolset(tenantId: string, name: string): Promise<Toolset | undefined>;
  /** By name. */
  toolsets(tenantId: string, page: Page): Promise<Toolset[]>;
  /** Newest first, a hundred at most. */
  versions(tenantId: string, name: string): Promise<ToolsetVersion[]>;
  source(tenantId: string, name: string): Promise<JsonObject | undefined>;
  /** Adds a version where the newest one has another hash. @returns its number, and whether it is new. */
  register(
    tenantId: string,
    registration: Registration,
  ): Promise<{ readonly version: number; readonly changed: boolean }>;
  /** Changes which versions serve, in one step that nobody can come in between. @returns undefined where there is no such toolset. */
  reroute(tenantId: string, name: string, decide: (toolset: Toolset) => Routing): Promise<Toolset | undefined>;
  /** @returns whether there was one. */
  remove(tenantId: string, name: string): Promise<boolean>;
  /** Tools of a version by name, or only those asked for. */
  tools(tenantId: string, name: string, version: number, only?: readonly string[]): Promise<StoredTool[]>;
  policies(tenantId: string, name: string): Promise<ReadonlyMap<string, ToolPolicy>>;
  savePolicy(tenantId: string, toolset: string, tool: string, policy: ToolPolicy): Promise<void>;
  removePolicy(tenantId: string, toolset: string, tool: string): Promise<boolean>;
}

/** Which versions serve from now on. */
export interface Routing extends Serving {
  readonly previousVersion: number | undefined;
}
