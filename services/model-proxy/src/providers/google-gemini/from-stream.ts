import { FailureError } from '@treadle/failure';
import type { FinishReason, ModelPart } from '../../domain/provider.js';
import { AnswerReader, countsOf } from '../wire/answer-reader.js';
import { failureFromEvent } from '../wire/failures.js';
import type { ServerOptions } from '../wire/server-options.js';
import { readGeminiError } from './failures.js';

/** Of a chunk of `streamGenerateContent`, the fields that matter here. */
interface Chunk {
  readonly responseId?: string;
  readonly candidates?: readonly {
    readonly content?: { readonly parts?: readonly Part[] };
    readonly finishReason?: string;
  }[];
  readonly promptFeedback?: { readonly blockReason?: string };
  readonly usageMetadata?: Usage;
  readonly error?: { readonly code?: number };
}

interface Part {
  readonly text?: string;
  readonly thought?: boolean;
  readonly functionCall?: { readonly id?: string; readonly name?: string; readonly args?: object };
}

interface Usage {
  readonly promptTokenCount?: number;
  readonly candidatesTokenCount?: number;
  readonly thoughtsTokenCount?: number;
  readonly cachedContentTokenCount?: number;
}

/** Reasons that are neither an end nor a limit: the answer was withheld. */
const withheld = new Set([
  'BLOCKLIST',
  'IMAGE_SAFETY',
  'LANGUAGE',
  'OTHER',
  'PROHIBITED_CONTENT',
  'RECITATION',
  'SAFETY',
  'SPII',
]);

/** Collects what the chunks of one answer say. */
export class GenerateContentReader extends AnswerReader {
  private finishReason = '';
  private usage: Usage | undefined;
  private calls = 0;

  constructor(private readonly options: ServerOptions) {
    super();
  }

  add(chunk: Chunk): void {
    if (chunk.error) throw this.failure(chunk);
    if (chunk.usageMetadata) this.usage = chunk.usageMetadata;
    if (chunk.promptFeedback?.blockReason) this.finishReason = 'SAFETY';
    const candidate = chunk.candidates?.[0];
    for (const part of candidate?.content?.parts ?? []) this.addPart(part, chunk.responseId ?? 'call');
    if (candidate?.finishReason) this.finishReason = candidate.finishReason;
  }

  /** There is no end mark: the stream ends after the chunk with the reason. */
  get complete(): boolean {
    return this.finishReason !== '';
  }

  finished(warnings: readonly string[]): ModelPart {
    const { usage } = this;
    const counts = usage && {
      inputTokens: usage.promptTokenCount ?? 0,
      outputTokens: (usage.candidatesTokenCount ?? 0) + (usage.thoughtsTokenCount ?? 0),
      cachedInputTokens: usage.cachedContentTokenCount ?? 0,
      reasoningTokens: usage.thoughtsTokenCount ?? 0,
    };
    return { type: 'finished', finishReason: this.reason(), ...countsOf(this.options.name, counts, warnings) };
  }

  private reason(): FinishReason {
    if (this.finishReason === 'MAX_TOKENS') return 'length';
    if (withheld.has(this.finishReason)) return 'content_filter';
    return this.calls > 0 ? 'tool_calls' : 'stop';
  }

  /** Calls come whole, and without an id from most models. */
  private addPart({ text, thought, functionCall }: Part, responseId: string): void {
    this.push(thought ? 'reasoning' : 'text', text);
    if (!functionCall) return;
    const index = this.calls;
    this.calls += 1;
    const id = functionCall.id ?? `${responseId}-${index}`;
    this.pushToolCall(index, id, functionCall.name ?? '', JSON.stringify(functionCall.args ?? {}));
  }

  private failure(chunk: Chunk): FailureError {
    const error = readGeminiError(JSON.stringify(chunk));
    return new FailureError(failureFromEvent(this.options, error, this.receivedText, chunk.error?.code));
  }
}
