import { FailureError } from '@treadle/failure';
import type { Json } from '@treadle/workflow';
import type { ToolAnswer, ToolDescription } from '../capabilities.js';
import type { Execute } from '../define-node.js';
import { fitArguments, resolveArguments } from './arguments.js';
import type { ToolConfig } from './tool.descriptor.js';

/** A failure quotes this much of what a tool said, in characters. */
const longestQuote = 1000;

/** Calls the tool once, however often the node is tried. */
export const executeTool: Execute<ToolConfig> = async (config, { capabilities: { tools }, read, warn }) => {
  const name = { toolset: config.toolset, tool: config.tool };
  const [described] = await tools.describe([name]);
  if (described === undefined) throw unknownTool(config);
  if (described.needsApproval && !config.approved) throw unguarded(config);
  const answer = await tools.call({
    name,
    version: config.version ?? described.version,
    arguments: argumentsFor(config, described, read),
    approved: config.approved,
  });
  for (const warning of answer.warnings) warn(warning);
  if (answer.isError) throw refused(config, answer);
  return { outputs: { text: answer.text, files: answer.files, json: jsonOf(config, answer) } };
};

function argumentsFor(
  config: ToolConfig,
  { parameters }: ToolDescription,
  read: Parameters<typeof resolveArguments>[1],
) {
  return fitArguments(resolveArguments(config.arguments, read), parameters);
}

function jsonOf({ json_as_list: asList }: ToolConfig, { json }: ToolAnswer): Json {
  if (!asList) return json ?? null;
  if (json === undefined) return [];
  return Array.isArray(json) ? (json as readonly Json[]) : [json];
}

const unknownTool = ({ toolset, tool }: ToolConfig) =>
  FailureError.of(
    'tool_not_found',
    `There is no tool "${tool}" in the toolset "${toolset}". Register it, or choose another.`,
  );

const unguarded = ({ toolset, tool }: ToolConfig) =>
  FailureError.of(
    'tool_approval_required',
    `The tool "${tool}" of "${toolset}" may be called only after a person agreed. Set the node's "approval", or change the tool's policy.`,
  );

function refused({ tool }: ToolConfig, { text }: ToolAnswer): FailureError {
  const said = text.length > longestQuote ? `${text.slice(0, longestQuote)}…` : text;
  return FailureError.of('tool_failed', `The tool "${tool}" says that it failed: ${said}`, { retryable: false });
}
