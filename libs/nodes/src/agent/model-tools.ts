import { FailureError } from '@treadle/failure';
import { isJsonObject, type Json, type JsonObject, type Read } from '@treadle/workflow';
import type { ToolDescription, Tools } from '../capabilities.js';
import { resolveArguments } from '../tool/arguments.js';
import type { AgentConfig, AgentTool } from './agent.descriptor.js';

/** A tool as a model is shown it. */
export interface ModelTool {
  /** Letters, digits, "_" and "-", at most 64 of them, and nobody else's. */
  readonly name: string;
  readonly description: string;
  /** JSON schema of the arguments that are left to the model. */
  readonly parameters: JsonObject;
  /** What the author has fixed. */
  readonly fixed: JsonObject;
  readonly needsApproval: boolean;
  readonly described: ToolDescription;
}

/** As many as the providers take. */
const mostTools = 128;
const longestName = 64;

/**
 * The tools that an agent's settings name, as they are now.
 * @throws FailureError `tool_not_found` where there is none of a name, `node_configuration` where there are too many.
 */
export async function modelTools(config: AgentConfig, tools: Tools, read: Read): Promise<readonly ModelTool[]> {
  if (config.tools.length === 0) return [];
  const described = await tools.describe(config.tools.map(({ toolset, tool }) => ({ toolset, tool: tool ?? '' })));
  const unique = [...new Map(described.map((one) => [JSON.stringify(one.name), one])).values()];
  if (unique.length > mostTools) {
    const message = `The agent's toolsets hold ${unique.length} tools; a model can be shown ${mostTools}. Name the single tools it needs.`;
    throw FailureError.of('node_configuration', message, { field: 'tools' });
  }
  const taken = new Set<string>();
  return unique.map((one) => toModelTool(one, config, taken, read));
}

function toModelTool(described: ToolDescription, config: AgentConfig, taken: Set<string>, read: Read): ModelTool {
  const { name, mutating, parameters } = described;
  const settings = settingsOf(described, config.tools);
  const given = settings === undefined ? {} : resolveArguments(settings.settings, read);
  const properties = isJsonObject(parameters.properties) ? parameters.properties : {};
  const mayHave = (argument: string) => settings?.tool || Object.hasOwn(properties, argument);
  const fixed = Object.fromEntries(Object.entries(given).filter(([argument]) => mayHave(argument)));
  const asks = config.approval === 'always' || (config.approval === 'mutating' && mutating);
  return {
    name: freeName(name.toolset, name.tool, taken),
    description: settings?.description || described.description,
    parameters: withoutFixed(parameters, fixed),
    fixed,
    needsApproval: described.needsApproval || asks || settings?.ask_first === true,
    described,
  };
}

/** The settings of the tool itself come before those of its whole toolset. */
function settingsOf({ name }: ToolDescription, all: readonly AgentTool[]): AgentTool | undefined {
  const ofToolset = all.filter(({ toolset }) => toolset === name.toolset);
  return ofToolset.find(({ tool }) => tool === name.tool) ?? ofToolset.find(({ tool }) => !tool);
}

function withoutFixed(parameters: JsonObject, fixed: JsonObject): JsonObject {
  const { properties, required } = parameters;
  const isOpen = (name: string) => !Object.hasOwn(fixed, name);
  return {
    ...parameters,
    type: 'object',
    properties: isJsonObject(properties)
      ? Object.fromEntries(Object.entries(properties).filter(([name]) => isOpen(name)))
      : {},
    ...(Array.isArray(required)
      ? { required: (required as readonly Json[]).filter((name) => typeof name !== 'string' || isOpen(name)) }
      : {}),
  };
}

/** The tool's own name where it is free, else with its toolset's, else with a number. */
function freeName(toolset: string, tool: string, taken: Set<string>): string {
  const wanted = [allowed(tool), allowed(`${toolset}_${tool}`)];
  for (let count = 2; ; count += 1) {
    const name = wanted.shift() ?? `${allowed(tool).slice(0, longestName - 4)}_${count}`;
    if (taken.has(name)) continue;
    taken.add(name);
    return name;
  }
}

function allowed(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_-]/g, '_').slice(0, longestName) || 'tool';
}
