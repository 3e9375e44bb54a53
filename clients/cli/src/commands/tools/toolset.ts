/** A toolset as the API shows it. */
export interface Toolset {
  readonly name: string;
  readonly kind: string;
  readonly description: string;
  readonly serving_version: number;
  readonly previous_version: number | null;
  readonly candidate: { readonly version: number; readonly share: number } | null;
  readonly latest_version: number;
  readonly credential: { readonly type: string; readonly hosts: readonly string[] } | null;
}

export interface RegisteredToolset extends Toolset {
  readonly changed: boolean;
  readonly version: { readonly version: number; readonly tools: number; readonly warnings: readonly string[] };
}

export interface ShownTool {
  readonly name: string;
  readonly description: string;
  readonly mutating: boolean;
  readonly needs_approval: boolean;
}

export const toolsetsPath = '/api/v1/tools/toolsets';

export function toolsetPath(name: string): string {
  return `${toolsetsPath}/${encodeURIComponent(name)}`;
}

export function toolPath(toolset: string, tool: string): string {
  return `${toolsetPath(toolset)}/tools/${encodeURIComponent(tool)}`;
}

export function servingText({ serving_version, candidate }: Toolset): string {
  return candidate
    ? `version ${serving_version}, and version ${candidate.version} for ${candidate.share} %`
    : `version ${serving_version}`;
}

export function registeredText({ name, changed, version, ...toolset }: RegisteredToolset): string {
  const what = changed
    ? `"${name}" has a new version ${version.version} with ${version.tools} tools.`
    : `"${name}" offers what version ${version.version} already had.`;
  const serving = `Calls are served by ${servingText({ name, ...toolset })}.`;
  return [what, serving, ...version.warnings.map((warning) => `Warning: ${warning}`)].join('\n');
}
