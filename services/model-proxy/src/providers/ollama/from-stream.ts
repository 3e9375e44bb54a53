import { FailureError } from '@treadle/failure';
import type { FinishReason, ModelPart } from '../../domain/provider.js';
import { AnswerReader, countsOf } from '../wire/answer-reader.js';
import { failureFromEvent } from '../wire/failures.js';
import type { ServerOptions } from '../wire/server-options.js';

/** Of a line of `/api/chat`, the fields that matter here. */
interface Line {
  readonly created_at?: string;
  readonly message?: {
    readonly content?: string;
    readonly thinking?: string;
    readonly tool_calls?: readonly {
      readonly id?: string;
      readonly function?: { readonly name?: string; readonly arguments?: object };
    }[];
  };
  readonly done?: boolean;
  readonly done_reason?: string;
  readonly prompt_eval_count?: number;
  readonly eval_count?: number;
  readonly error?: string;
}

/** Collects what the lines of one answer say. */
export class OllamaReader extends AnswerReader {
  private last: Line | undefined;
  private calls = 0;

  constructor(private readonly options: ServerOptions) {
    super();
  }

  add(line: Line): void {
    if (line.error) throw this.failure(line.error);
    this.push('reasoning', line.message?.thinking);
    this.push('text', line.message?.content);
    for (const { id, function: called } of line.message?.tool_calls ?? []) {
      const index = this.calls;
      this.calls += 1;
      const name = called?.name ?? '';
      // Older servers give no ids; the moment of the line makes them unlike those of earlier turns.
      this.pushToolCall(
        index,
        id ?? `${name}-${line.created_at ?? ''}-${index}`,
        name,
        JSON.stringify(called?.arguments ?? {}),
      );
    }
    if (!line.done) return;
    this.last = line;
    this.done = true;
  }

  get complete(): boolean {
    return this.done;
  }

  finished(warnings: readonly string[]): ModelPart {
    const { last } = this;
    const known = last?.prompt_eval_count !== undefined || last?.eval_count !== undefined;
    const counts = known
      ? { inputTokens: last?.prompt_eval_count ?? 0, outputTokens: last?.eval_count ?? 0 }
      : undefined;
    return { type: 'finished', finishReason: this.reason(), ...countsOf(this.options.name, counts, warnings) };
  }

  private reason(): FinishReason {
    if (this.last?.done_reason === 'length') return 'length';
    return this.calls > 0 ? 'tool_calls' : 'stop';
  }

  private failure(message: string): FailureError {
    return new FailureError(failureFromEvent(this.options, { message, code: '' }, this.receivedText));
  }
}
