import type { ChatMessage, ChatQuestion } from '../capabilities.js';
import type { ModelAnswer } from '../model/ask-model.js';
import type { AgentCall, CallResult } from './agent-values.js';
import type { ModelTool } from './model-tools.js';
import type { ThinkConfig } from './think.descriptor.js';

/** One question of an agent to its model. */
export interface Turn {
  readonly config: ThinkConfig;
  readonly tools: readonly ModelTool[];
  /** From 0. */
  readonly round: number;
  /** Whether it is to answer without calling anything. */
  readonly isLast: boolean;
}

/** How a model is told of tools, and how it says what it calls. */
export interface Strategy {
  /** The transcript with what the model has to know before its first turn. */
  begin(turn: Turn, transcript: readonly ChatMessage[]): readonly ChatMessage[];
  /** What the model is told of its calls. */
  results(results: readonly CallResult[]): readonly ChatMessage[];
  question(turn: Turn, messages: readonly ChatMessage[]): ChatQuestion;
  /** What the model said, as the transcript keeps it, and what it means: calls, or a text that is the answer. */
  readAnswer(
    turn: Turn,
    answer: ModelAnswer,
  ): { readonly reply: ChatMessage; readonly calls: readonly AgentCall[]; readonly text: string };
}
