import { FailureError } from '@treadle/failure';
import type { FinishReason, ModelPart, TokenCounts } from '../../domain/provider.js';
import { AnswerReader, countsOf } from '../wire/answer-reader.js';
import { failureFromEvent, type ProviderError } from '../wire/failures.js';
import type { ServerOptions } from '../wire/server-options.js';

/** Of the events of the responses API, the fields that matter here. */
interface ResponseEvent {
  readonly type: string;
  readonly delta?: string;
  readonly output_index?: number;
  readonly item?: {
    readonly type?: string;
    readonly call_id?: string;
    readonly name?: string;
    readonly arguments?: string;
  };
  readonly response?: ResponseFacts;
  readonly code?: string | null;
  readonly message?: string;
}

interface ResponseFacts {
  readonly status?: string;
  readonly error?: { readonly code?: string; readonly message?: string } | null;
  readonly incomplete_details?: { readonly reason?: string } | null;
  readonly usage?: ResponseUsage | null;
}

interface ResponseUsage {
  readonly input_tokens?: number;
  readonly output_tokens?: number;
  readonly input_tokens_details?: { readonly cached_tokens?: number };
  readonly output_tokens_details?: { readonly reasoning_tokens?: number };
}

/** What the codes of errors inside a stream would be as a status. */
const statuses: Readonly<Record<string, number>> = {
  invalid_prompt: 400,
  rate_limit_exceeded: 429,
  server_error: 500,
};

/** Collects what the events of the responses API say. */
export class ResponsesReader extends AnswerReader {
  private final: ResponseFacts | undefined;
  /** Places of function calls among themselves, by their place in the output. */
  private readonly calls = new Map<number, number>();

  constructor(private readonly options: ServerOptions) {
    super();
  }

  add(event: ResponseEvent): void {
    switch (event.type) {
      case 'response.output_text.delta':
      case 'response.refusal.delta':
        return this.push('text', event.delta);
      case 'response.reasoning_summary_text.delta':
      case 'response.reasoning_text.delta':
        return this.push('reasoning', event.delta);
      case 'response.output_item.added':
        return this.addItem(event);
      case 'response.function_call_arguments.delta': {
        const index = this.calls.get(event.output_index ?? 0);
        if (index !== undefined) this.pushToolCall(index, '', '', event.delta ?? '');
        return;
      }
      case 'response.completed':
      case 'response.incomplete':
        this.final = event.response;
        this.done = true;
        return;
      case 'response.failed':
        throw this.failure(event.response?.error ?? {});
      case 'error':
        throw this.failure(event);
    }
  }

  get complete(): boolean {
    return this.done;
  }

  finished(warnings: readonly string[]): ModelPart {
    const usage = this.final?.usage;
    const counts = usage ? tokenCounts(usage) : undefined;
    return { type: 'finished', finishReason: this.finishReason(), ...countsOf(this.options.name, counts, warnings) };
  }

  private finishReason(): FinishReason {
    const reason = this.final?.incomplete_details?.reason;
    if (reason === 'content_filter') return 'content_filter';
    if (reason !== undefined) return 'length';
    return this.calls.size > 0 ? 'tool_calls' : 'stop';
  }

  private addItem({ item, output_index: place = 0 }: ResponseEvent): void {
    if (item?.type !== 'function_call') return;
    const index = this.calls.size;
    this.calls.set(place, index);
    this.pushToolCall(index, item.call_id ?? '', item.name ?? '', item.arguments ?? '');
  }

  private failure({ code, message }: { readonly code?: string | null; readonly message?: string }): FailureError {
    const error: ProviderError = { code: code ?? '', message: message ?? '' };
    return new FailureError(failureFromEvent(this.options, error, this.receivedText, statuses[error.code]));
  }
}

function tokenCounts(usage: ResponseUsage): TokenCounts {
  return {
    inputTokens: usage.input_tokens ?? 0,
    outputTokens: usage.output_tokens ?? 0,
    cachedInputTokens: usage.input_tokens_details?.cached_tokens ?? 0,
    reasoningTokens: usage.output_tokens_details?.reasoning_tokens ?? 0,
  };
}
