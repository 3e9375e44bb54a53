import type { ChatResponse, Finished, ToolCallDelta, Usage } from '@treadle/contracts';

/** What all parts of one answer share. */
export interface AnswerHead {
  readonly id: string;
  /** Seconds since the epoch. */
  readonly created: number;
  /** As the client named it. */
  readonly model: string;
}

interface FoldedToolCall {
  id: string;
  name: string;
  argumentsJson: string;
}

/** An answer put together from its parts. */
export class FoldedAnswer {
  private text = '';
  private reasoning = '';
  private readonly toolCalls: FoldedToolCall[] = [];
  finished: Finished | undefined;

  add({ part }: ChatResponse): void {
    switch (part?.$case) {
      case 'text':
        this.text += part.value;
        break;
      case 'reasoning':
        this.reasoning += part.value;
        break;
      case 'toolCall':
        this.addToolCall(part.value);
        break;
      case 'finished':
        this.finished = part.value;
        break;
      case undefined:
    }
  }

  /** OpenAI's `chat.completion`. */
  view({ id, created, model }: AnswerHead): object {
    const toolCalls = this.toolCalls.map((call) => toolCallView(call));
    const message = {
      role: 'assistant',
      content: this.text || toolCalls.length === 0 ? this.text : null,
      refusal: null,
      ...(this.reasoning && { reasoning_content: this.reasoning }),
      ...(toolCalls.length > 0 && { tool_calls: toolCalls }),
    };
    const finish_reason = this.finished?.finishReason ?? 'stop';
    const choices = [{ index: 0, message, logprobs: null, finish_reason }];
    return {
      id,
      object: 'chat.completion',
      created,
      model: servedName(model, this.finished),
      choices,
      ...usageOf(this.finished),
    };
  }

  private addToolCall({ index, id, name, argumentsJson }: ToolCallDelta): void {
    const call = (this.toolCalls[index] ??= { id: '', name: '', argumentsJson: '' });
    call.id ||= id;
    call.name ||= name;
    call.argumentsJson += argumentsJson;
  }
}

/** The data of the events that a part becomes; OpenAI's `chat.completion.chunk`. */
export function chunksOf(head: AnswerHead, { part }: ChatResponse, withUsage: boolean): object[] {
  const nothingYet = withUsage ? { usage: null } : {};
  const chunk = (delta: object, finish_reason: string | null = null) => ({
    ...chunkHead(head),
    choices: [{ index: 0, delta, logprobs: null, finish_reason }],
    ...nothingYet,
  });
  switch (part?.$case) {
    case 'text':
      return [chunk({ content: part.value })];
    case 'reasoning':
      return [chunk({ reasoning_content: part.value })];
    case 'toolCall':
      return [chunk({ tool_calls: [toolCallDelta(part.value)] })];
    case 'finished': {
      const last = { ...chunk({}, part.value.finishReason), ...servedBy(part.value) };
      return withUsage ? [last, { ...chunkHead(head), choices: [], ...usageOf(part.value) }] : [last];
    }
    case undefined:
      return [];
  }
}

/** What a stream begins with. */
export function firstChunk(head: AnswerHead): object {
  const delta = { role: 'assistant', content: '', refusal: null };
  return { ...chunkHead(head), choices: [{ index: 0, delta, logprobs: null, finish_reason: null }] };
}

export function usageView({ inputTokens, outputTokens, cachedInputTokens, reasoningTokens }: Usage): object {
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    prompt_tokens_details: { cached_tokens: cachedInputTokens },
    completion_tokens_details: { reasoning_tokens: reasoningTokens },
  };
}

function usageOf(finished: Finished | undefined): object {
  const { usage } = finished ?? {};
  return usage ? { usage: usageView(usage), ...servedBy(finished) } : {};
}

/** Clients leave what they do not know alone. */
function servedBy(finished: Finished | undefined): object {
  const { usage, warnings = [] } = finished ?? {};
  if (!usage) return {};
  const { provider, model, cached } = usage;
  return { treadle: { provider, model, cached, warnings } };
}

function servedName(asked: string, finished: Finished | undefined): string {
  return finished?.usage?.model || asked;
}

function chunkHead({ id, created, model }: AnswerHead): object {
  return { id, object: 'chat.completion.chunk', created, model };
}

function toolCallView({ id, name, argumentsJson }: FoldedToolCall): object {
  return { id, type: 'function', function: { name, arguments: argumentsJson } };
}

/** Name and id come with the first piece only, as OpenAI sends them. */
function toolCallDelta({ index, id, name, argumentsJson }: ToolCallDelta): object {
  const first = id ? { id, type: 'function' } : {};
  return { index, ...first, function: { ...(name && { name }), arguments: argumentsJson } };
}
