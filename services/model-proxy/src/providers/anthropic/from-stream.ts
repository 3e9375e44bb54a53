import { FailureError } from '@treadle/failure';
import type { FinishReason, ModelPart } from '../../domain/provider.js';
import { AnswerReader, countsOf } from '../wire/answer-reader.js';
import { failureFromEvent } from '../wire/failures.js';
import type { ServerOptions } from '../wire/server-options.js';
import { anthropicStatuses } from './failures.js';

/** Of the events of the messages API, the fields that matter here. */
interface MessageEvent {
  readonly type: string;
  readonly index?: number;
  readonly message?: { readonly usage?: Usage };
  readonly content_block?: {
    readonly type?: string;
    readonly id?: string;
    readonly name?: string;
    readonly text?: string;
  };
  readonly delta?: {
    readonly type?: string;
    readonly text?: string;
    readonly thinking?: string;
    readonly partial_json?: string;
    readonly stop_reason?: string | null;
  };
  readonly usage?: Usage;
  readonly error?: { readonly type?: string; readonly message?: string };
}

interface Usage {
  readonly input_tokens?: number | null;
  readonly cache_read_input_tokens?: number | null;
  readonly cache_creation_input_tokens?: number | null;
  readonly output_tokens?: number | null;
}

const finishReasons: Readonly<Record<string, FinishReason>> = {
  end_turn: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  pause_turn: 'stop',
  refusal: 'content_filter',
  stop_sequence: 'stop',
  tool_use: 'tool_calls',
};

/** Collects what the events of the messages API say. */
export class MessagesReader extends AnswerReader {
  private usage: Usage | undefined;
  private stopReason = '';
  /** Places of tool calls among themselves, by the index of their block. */
  private readonly calls = new Map<number, number>();

  constructor(private readonly options: ServerOptions) {
    super();
  }

  add(event: MessageEvent): void {
    switch (event.type) {
      case 'message_start':
        return this.addUsage(event.message?.usage);
      case 'content_block_start':
        return this.addBlock(event);
      case 'content_block_delta':
        return this.addDelta(event);
      case 'message_delta':
        this.stopReason = event.delta?.stop_reason ?? this.stopReason;
        return this.addUsage(event.usage);
      case 'message_stop':
        this.done = true;
        return;
      case 'error':
        throw this.failure(event);
    }
  }

  override onlyText({ type, delta }: MessageEvent): string | undefined {
    return type === 'content_block_delta' && delta?.type === 'text_delta' ? delta.text : undefined;
  }

  get complete(): boolean {
    return this.done || this.stopReason !== '';
  }

  finished(warnings: readonly string[]): ModelPart {
    const { usage } = this;
    const cached = usage?.cache_read_input_tokens ?? 0;
    const counts = usage && {
      inputTokens: (usage.input_tokens ?? 0) + cached + (usage.cache_creation_input_tokens ?? 0),
      outputTokens: usage.output_tokens ?? 0,
      cachedInputTokens: cached,
    };
    const finishReason = finishReasons[this.stopReason] ?? 'stop';
    return { type: 'finished', finishReason, ...countsOf(this.options.name, counts, warnings) };
  }

  /** Counts are cumulative, and a later event may leave out what an earlier one said. */
  private addUsage(usage: Usage | undefined): void {
    if (!usage) return;
    const said = Object.entries(usage).filter(([, count]) => typeof count === 'number');
    this.usage = { ...this.usage, ...Object.fromEntries(said) };
  }

  private addBlock({ index = 0, content_block: block }: MessageEvent): void {
    if (block?.type === 'text') return this.push('text', block.text);
    if (block?.type !== 'tool_use') return;
    const place = this.calls.size;
    this.calls.set(index, place);
    this.pushToolCall(place, block.id ?? '', block.name ?? '', '');
  }

  private addDelta({ index = 0, delta }: MessageEvent): void {
    if (delta?.type === 'text_delta') return this.push('text', delta.text);
    if (delta?.type === 'thinking_delta') return this.push('reasoning', delta.thinking);
    const place = this.calls.get(index);
    if (delta?.type === 'input_json_delta' && place !== undefined)
      this.pushToolCall(place, '', '', delta.partial_json ?? '');
  }

  private failure({ error }: MessageEvent): FailureError {
    const said = { message: error?.message ?? '', code: error?.type ?? '' };
    return new FailureError(failureFromEvent(this.options, said, this.receivedText, anthropicStatuses[said.code]));
  }
}
