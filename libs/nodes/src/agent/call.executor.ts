import { type Failure, FailureError, failureKind } from '@treadle/failure';
import type { ToolAnswer } from '../capabilities.js';
import type { Execute, NodeContext, NodeOutcome } from '../define-node.js';
import { callIn, cut } from './agent-values.js';
import type { CallConfig } from './call.descriptor.js';

/**
 * Makes one call. What a tool fails with is an answer like others, for the model to make the best of. Trouble of the platform fails the
 * node: it says nothing about the tool, and a run that failed of it can be resumed.
 */
export const executeCall: Execute<CallConfig> = async (config, context) => {
  const { capabilities, read, warn } = context;
  const { toolset, tool, version, arguments: given, needs_approval } = callIn(read);
  const approved = needs_approval && read(['@ask', 'approved']) === true;
  const timeoutSeconds = config.tool_timeout_seconds;
  const name = { toolset, tool };
  try {
    const answer = await capabilities.tools.call({ name, version, arguments: given, approved, timeoutSeconds });
    for (const warning of answer.warnings) warn(warning);
    return outcome(config, textOf(answer), answer);
  } catch (error) {
    if (!(error instanceof FailureError) || !isForModel(error.failure, config, context)) throw error;
    return outcome(config, `The call failed: ${error.failure.message}`, { isError: true, files: [] });
  }
};

function outcome(
  { max_result_characters: longest }: CallConfig,
  text: string,
  { isError, files }: Pick<ToolAnswer, 'isError' | 'files'>,
): NodeOutcome {
  return { outputs: { text: cut(text, longest), is_error: isError, files } };
}

function textOf({ text, json }: ToolAnswer): string {
  return text === '' && json !== undefined ? JSON.stringify(json) : text;
}

/** Whether nobody but the model can do anything about it. */
function isForModel(why: Failure, { retry }: CallConfig, { attempt, signal }: NodeContext): boolean {
  if (signal.aborted || why.code === 'unavailable' || failureKind(why.code) === 'bug') return false;
  const mayHelp = retry?.codes === undefined ? why.retryable : retry.codes.includes(why.code);
  return !mayHelp || attempt >= (retry?.max_attempts ?? 1);
}
