import { FailureError } from '@treadle/failure';
import type { JsonObject } from '@treadle/workflow';
import type { ChatPart, ChatQuestion, ChatToolCall } from '../capabilities.js';
import type { NodeContext, NodeUsage } from '../define-node.js';
import { ThinkSplitter } from './think-splitter.js';

type Finished = Extract<ChatPart, { type: 'finished' }>;

/** A whole answer of a model. */
export interface ModelAnswer {
  readonly text: string;
  readonly reasoning: string;
  /** What it called, in order. */
  readonly toolCalls: readonly ChatToolCall[];
  readonly finishReason: string;
  /** As a node's output `usage` says it. */
  readonly usage: JsonObject;
  /** As the run's bill says it. */
  readonly billed: NodeUsage;
}

export interface AskOptions {
  /** Whether reasoning in `<think>` tags stays in the text. */
  readonly reasoning: 'tagged' | 'separated';
  /** Takes the pieces of the text as they appear; absent when nobody watches. */
  readonly show?: (text: string) => void;
}

/**
 * Asks a model and waits for its whole answer. What the proxy warns of is left on the node run.
 * @throws FailureError `provider_stream_cut` when the answer breaks off, and whatever the model's provider fails with.
 */
export async function askModel(
  question: ChatQuestion,
  { capabilities, warn }: Pick<NodeContext, 'capabilities' | 'warn'>,
  { reasoning, show }: AskOptions,
): Promise<ModelAnswer> {
  const collected = new CollectedAnswer(reasoning, show);
  let finished: Finished | undefined;
  for await (const part of capabilities.models.chat(question)) {
    if (part.type === 'finished') finished = part;
    else collected.take(part);
  }
  if (finished === undefined) {
    throw FailureError.of('provider_stream_cut', 'The model stopped in the middle of its answer. Try again.');
  }
  for (const warning of finished.warnings) warn(warning);
  return { ...collected.end(), ...countsOf(finished) };
}

/** Puts an answer together from its parts. */
class CollectedAnswer {
  private text = '';
  private reasoning = '';
  private readonly toolCalls = new Map<number, ChatToolCall>();
  private readonly splitter: ThinkSplitter | undefined;

  constructor(
    reasoning: AskOptions['reasoning'],
    private readonly show: AskOptions['show'],
  ) {
    this.splitter = reasoning === 'separated' ? new ThinkSplitter() : undefined;
  }

  take(part: Exclude<ChatPart, Finished>): void {
    switch (part.type) {
      case 'reasoning':
        return this.add({ text: '', reasoning: part.text });
      case 'text':
        return this.add(this.splitter?.push(part.text) ?? { text: part.text, reasoning: '' });
      case 'toolCall':
        return this.addCall(part);
    }
  }

  end() {
    if (this.splitter !== undefined) this.add(this.splitter.end());
    return { text: this.text, reasoning: this.reasoning, toolCalls: [...this.toolCalls.values()] };
  }

  private add({ text, reasoning }: { readonly text: string; readonly reasoning: string }): void {
    this.text += text;
    this.reasoning += reasoning;
    if (text !== '') this.show?.(text);
  }

  private addCall({ index, id, name, argumentsJson }: Extract<ChatPart, { type: 'toolCall' }>): void {
    const begun = this.toolCalls.get(index) ?? { id, name, argumentsJson: '' };
    this.toolCalls.set(index, { ...begun, argumentsJson: begun.argumentsJson + argumentsJson });
  }
}

function countsOf({ inputTokens, outputTokens, provider, model, finishReason }: Finished) {
  const usage = {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
  };
  return { finishReason, usage, billed: { inputTokens, outputTokens, provider, model } };
}
