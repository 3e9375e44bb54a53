import { FailureError } from '@treadle/failure';
import type { FinishReason, ModelPart, TokenCounts } from '../../domain/provider.js';
import { AnswerReader, countsOf } from '../wire/answer-reader.js';
import { parseJson } from '../wire/connection.js';
import { failureFromEvent, notUnderstood, readError } from '../wire/failures.js';
import type { ServerOptions } from '../wire/server-options.js';

/** A chunk is trusted to have OpenAI's shape where it has fields at all: checking each of hundreds per answer would cost more than reading it. */
interface Chunk {
  readonly choices?: readonly Choice[];
  readonly usage?: Usage | null;
  readonly error?: unknown;
}

interface Choice {
  readonly delta?: Content;
  readonly message?: Content;
  readonly finish_reason?: string | null;
}

interface Content {
  readonly content?: string | null;
  readonly reasoning_content?: string | null;
  readonly reasoning?: string | null;
  readonly refusal?: string | null;
  readonly tool_calls?: readonly ToolCallChunk[] | null;
}

interface ToolCallChunk {
  readonly index?: number;
  readonly id?: string | null;
  readonly function?: { readonly name?: string | null; readonly arguments?: string | object | null };
}

export interface Usage {
  readonly prompt_tokens?: number;
  readonly completion_tokens?: number;
  readonly prompt_tokens_details?: { readonly cached_tokens?: number } | null;
  readonly completion_tokens_details?: { readonly reasoning_tokens?: number } | null;
  /** DeepSeek's name for what it read from its cache. */
  readonly prompt_cache_hit_tokens?: number;
}

const finishReasons: Readonly<Record<string, FinishReason>> = {
  content_filter: 'content_filter',
  function_call: 'tool_calls',
  length: 'length',
  stop: 'stop',
  tool_calls: 'tool_calls',
};

/** Collects what the chunks of one answer say. */
export class ChatCompletionReader extends AnswerReader {
  private finishReason: string | undefined;
  private usage: Usage | undefined;
  private calls = 0;

  constructor(private readonly options: ServerOptions) {
    super();
  }

  add(chunk: Chunk): void {
    if (chunk.error) throw this.failure(chunk);
    if (chunk.usage) this.usage = chunk.usage;
    const choice = chunk.choices?.[0];
    if (!choice) return;
    const content = choice.delta ?? choice.message;
    this.push('reasoning', content?.reasoning_content ?? content?.reasoning);
    this.push('text', content?.content ?? content?.refusal);
    content?.tool_calls?.forEach((call, place) => this.addToolCall(call, place));
    if (choice.finish_reason) this.finishReason = choice.finish_reason;
  }

  override onlyText({ error, usage, choices }: Chunk): string | undefined {
    const choice = choices?.[0];
    const content = choice?.delta ?? choice?.message;
    if (error || usage || choice?.finish_reason || content?.tool_calls) return undefined;
    return (content?.reasoning_content ?? content?.reasoning) ? undefined : (content?.content ?? undefined);
  }

  get complete(): boolean {
    return this.done || this.finishReason !== undefined;
  }

  finished(warnings: readonly string[]): ModelPart {
    const counts = this.usage && tokenCounts(this.usage);
    // Some servers say "stop" after calling a tool.
    const reason = this.calls > 0 && this.finishReason !== 'length' ? 'tool_calls' : (this.finishReason ?? 'stop');
    const finishReason = finishReasons[reason] ?? 'stop';
    return { type: 'finished', finishReason, ...countsOf(this.options.name, counts, warnings) };
  }

  private addToolCall({ index, id, function: called }: ToolCallChunk, place: number): void {
    const written = called?.arguments ?? '';
    const argumentsJson = typeof written === 'string' ? written : JSON.stringify(written);
    const at = index ?? place;
    this.calls = Math.max(this.calls, at + 1);
    // Some servers repeat id and name on every piece; others send them empty.
    this.pushToolCall(at, id ?? '', called?.name ?? '', argumentsJson);
  }

  private failure(chunk: Chunk): FailureError {
    const error = readError(JSON.stringify(chunk));
    const status = Number(error.code);
    const known = status >= 400 && status < 600 ? status : undefined;
    return new FailureError(failureFromEvent(this.options, error, this.receivedText, known));
  }
}

export function tokenCounts(usage: Usage): TokenCounts {
  return {
    inputTokens: usage.prompt_tokens ?? 0,
    outputTokens: usage.completion_tokens ?? 0,
    cachedInputTokens: usage.prompt_tokens_details?.cached_tokens ?? usage.prompt_cache_hit_tokens ?? 0,
    reasoningTokens: usage.completion_tokens_details?.reasoning_tokens ?? 0,
  };
}

/** Reads the plain answer of a server that does not stream. */
export function fromPlainAnswer(
  text: string,
  options: ServerOptions,
  warnings: readonly string[],
): readonly ModelPart[] {
  const answer = new ChatCompletionReader(options);
  const body = parseJson(text);
  if (isObject(body) && body['error']) answer.add(body);
  if (!isCompletion(body)) throw notUnderstood(options, 'answered with something that is no chat completion');
  answer.add(body);
  answer.done = true;
  return [...answer.take(), answer.finished(warnings)];
}

/** As far as it is looked at; by hand, because it is asked of every answer. */
function isCompletion(body: unknown): body is Chunk {
  if (!isObject(body) || !Array.isArray(body['choices'])) return false;
  const { choices, usage } = body;
  const choice: unknown = choices[0];
  if (!isObject(choice) || !isTextOrNone(choice['finish_reason'])) return false;
  if (!isObject(choice['message']) || !isTextOrNone(choice['message']['content'])) return false;
  return isNone(usage) || (isObject(usage) && isCount(usage['prompt_tokens']) && isCount(usage['completion_tokens']));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function isNone(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}

function isTextOrNone(value: unknown): boolean {
  return typeof value === 'string' || isNone(value);
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' || value === undefined;
}
