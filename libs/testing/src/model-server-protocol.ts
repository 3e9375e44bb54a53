/** The part of OpenAI's chat completions request that the server looks at. */
export interface ChatCompletionRequest {
  readonly model: string;
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly stream?: boolean;
  readonly stream_options?: { readonly include_usage?: boolean };
  readonly [setting: string]: unknown;
}

/** What to answer. */
export interface ScriptedAnswer {
  readonly text: string;
  /** Streamed before the text as `reasoning_content`. */
  readonly reasoning?: string;
  /** Calls behind the text, in order; the finish reason is `tool_calls` then. */
  readonly toolCalls?: readonly ScriptedToolCall[];
  /** Default `stop`. */
  readonly finishReason?: string;
  /** What goes wrong, if anything. */
  readonly fault?: Fault;
}

export interface ScriptedToolCall {
  readonly id: string;
  readonly name: string;
  /** JSON, as models write it. */
  readonly arguments: string;
}

/** Everything that real servers were seen doing wrong. `afterTokens` counts the text tokens sent before. */
export type Fault =
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly message?: string;
      readonly code?: string;
      /** Value of the Retry-After header: seconds or an HTTP date. */
      readonly retryAfter?: string;
    }
  /** The request is taken and nothing ever comes back, or nothing after some tokens. */
  | { readonly kind: 'hang'; readonly afterTokens?: number }
  /** The connection is reset instead of an answer. */
  | { readonly kind: 'reset' }
  /** The connection is reset in the middle of a stream. */
  | { readonly kind: 'cut'; readonly afterTokens: number }
  /** The stream ends properly, without finish reason and `[DONE]`. */
  | { readonly kind: 'end-early'; readonly afterTokens: number }
  /** A stream event, or the whole plain answer, that is not JSON. */
  | { readonly kind: 'malformed'; readonly afterTokens?: number }
  /** An error object as a stream event, as some servers send it once the stream has begun. */
  | { readonly kind: 'error-event'; readonly afterTokens: number; readonly message: string }
  /** A page of a proxy with status 200. */
  | { readonly kind: 'html' }
  /** `stream: true` is not honoured: a plain JSON answer comes. */
  | { readonly kind: 'plain-answer' }
  /** Usage is never given. */
  | { readonly kind: 'no-usage' }
  /** `stream_options` is refused with 400. */
  | { readonly kind: 'refuses-stream-options' }
  /** The finish reason comes, `[DONE]` does not. */
  | { readonly kind: 'no-done' };

const created = 1_760_000_000;

/** Words with the white space after them: together they are the text again. */
export function tokensOf(text: string): string[] {
  return text.match(/\S+\s*|\s+/g) ?? [];
}

/** The words of a message: with pictures its content is a list of parts. */
function wordsOf(content: unknown): string {
  if (!Array.isArray(content)) return String(content);
  return content.map((part: { readonly text?: string }) => part.text ?? '').join(' ');
}

export function usageOf(request: ChatCompletionRequest, answer: ScriptedAnswer) {
  const prompt = request.messages.reduce((sum, { content }) => sum + tokensOf(wordsOf(content)).length, 0);
  const completion = tokensOf(answer.text).length + tokensOf(answer.reasoning ?? '').length;
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
}

/** The plain answer. */
export function completionBody(id: string, request: ChatCompletionRequest, answer: ScriptedAnswer) {
  const message = {
    role: 'assistant',
    content: answer.text,
    ...(answer.reasoning && { reasoning_content: answer.reasoning }),
    ...(answer.toolCalls && { tool_calls: answer.toolCalls.map(toolCallBody) }),
  };
  return {
    id,
    object: 'chat.completion',
    created,
    model: request.model,
    choices: [{ index: 0, message, finish_reason: finishReasonOf(answer) }],
    ...(answer.fault?.kind !== 'no-usage' && { usage: usageOf(request, answer) }),
  };
}

/** A chunk of a streamed answer of some model. */
export function completionChunk(choices: readonly object[], usage: object | null = null): object {
  return { id: 'chatcmpl-1', object: 'chat.completion.chunk', created, model: 'small', choices, usage };
}

function toolCallBody({ id, name, arguments: given }: ScriptedToolCall) {
  return { id, type: 'function', function: { name, arguments: given } };
}

function finishReasonOf({ finishReason, toolCalls }: ScriptedAnswer): string {
  return finishReason ?? (toolCalls ? 'tool_calls' : 'stop');
}

/** One event of a streamed answer, ready to be written; `token` is its place among the text tokens, if it is one. */
export interface StreamEvent {
  readonly data: string;
  readonly token?: number;
}

/** The events of a streamed answer, in the order and shape OpenAI sends them. */
export function streamEvents(id: string, request: ChatCompletionRequest, answer: ScriptedAnswer): StreamEvent[] {
  const withUsage = request.stream_options?.include_usage === true && answer.fault?.kind !== 'no-usage';
  const chunk = (choices: unknown[], usage: unknown = null) =>
    JSON.stringify({
      id,
      object: 'chat.completion.chunk',
      created,
      model: request.model,
      choices,
      ...(withUsage && { usage }),
    });
  const delta = (content: object, finishReason: string | null = null) =>
    chunk([{ index: 0, delta: content, finish_reason: finishReason }]);
  return [
    { data: delta({ role: 'assistant', content: '' }) },
    ...tokensOf(answer.reasoning ?? '').map((token) => ({ data: delta({ reasoning_content: token }) })),
    ...tokensOf(answer.text).map((content, token) => ({ data: delta({ content }), token })),
    ...(answer.toolCalls ?? []).map((call, index) => ({
      data: delta({ tool_calls: [{ index, ...toolCallBody(call) }] }),
    })),
    { data: delta({}, finishReasonOf(answer)) },
    ...(withUsage ? [{ data: chunk([], usageOf(request, answer)) }] : []),
    ...(answer.fault?.kind === 'no-done' ? [] : [{ data: '[DONE]' }]),
  ];
}

const errorTypes: Record<number, string> = {
  401: 'authentication_error',
  403: 'permission_error',
  429: 'rate_limit_error',
};

/** OpenAI's error body. */
export function errorBody(status: number, message: string, code: string | null = null) {
  const type = errorTypes[status] ?? (status < 500 ? 'invalid_request_error' : 'server_error');
  return { error: { message, type, param: null, code } };
}

/** Models that fail in a known way, for servers that are scripted by name only. */
export const faultModels: Readonly<Record<string, Fault>> = {
  'fail-cut': { kind: 'cut', afterTokens: 2 },
  'fail-hang': { kind: 'hang' },
  'fail-malformed': { kind: 'malformed', afterTokens: 2 },
  'fail-rate-limited': { kind: 'status', status: 429, message: 'Rate limit reached for requests', retryAfter: '1' },
  'fail-rejected': { kind: 'status', status: 400, message: 'Unsupported value: temperature' },
  'fail-reset': { kind: 'reset' },
  'fail-unauthenticated': {
    kind: 'status',
    status: 401,
    message: 'Incorrect API key provided',
    code: 'invalid_api_key',
  },
  'fail-unavailable': { kind: 'status', status: 503, message: 'The engine is currently overloaded' },
};
