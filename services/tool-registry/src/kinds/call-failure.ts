import { FailureError } from '@treadle/failure';

/**
 * What a failed request means for the call it was made for: the deadline counts more than what it broke off, and an answer that is too
 * large is the tool's. `who` names the other side, for example "The MCP server at example.com".
 */
export function callFailure(error: unknown, who: string, signal: AbortSignal): unknown {
  if (signal.aborted) {
    if (signal.reason instanceof FailureError) return signal.reason;
    return FailureError.of(
      'deadline_exceeded',
      `${who} did not answer in time. Give the tool more time, or ask for less.`,
    );
  }
  if (!(error instanceof FailureError) || error.failure.code !== 'http_response_too_large') return error;
  const { details } = error.failure;
  return FailureError.of(
    'tool_answer_too_large',
    `The answer is larger than ${String(details?.maxBytes)} bytes: ${who} was cut off. Ask for less, for example page by page.`,
    { ...(details && { details }) },
    { cause: error },
  );
}
