import type { ModelMessage, ReasoningSettings, ResponseFormat, ToolDefinition } from './message.js';

export type { ModelMessage } from './message.js';

/** One call to a model, in the proxy's own words. */
export interface ModelCall {
  readonly model: string;
  readonly messages: readonly ModelMessage[];
  /** Sampling settings with OpenAI's names. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** The same for every attempt of one call; empty when the caller has none. */
  readonly idempotencyKey: string;
  /** Milliseconds since the epoch; 0 for none. */
  readonly deadlineUnixMs: number;
  /** Absent for none. */
  readonly tools?: readonly ToolDefinition[];
  /** `auto`, `none`, `required` or the name of a tool; absent means auto. */
  readonly toolChoice?: string;
  /** Absent for plain text. */
  readonly responseFormat?: ResponseFormat;
  readonly reasoning?: ReasoningSettings;
  /** Aborted when the caller is gone. */
  readonly signal?: AbortSignal;
}

export type FinishReason = 'stop' | 'length' | 'content_filter' | 'tool_calls';

/** What a provider says a call used. */
export interface TokenCounts {
  readonly inputTokens: number;
  /** Reasoning included. */
  readonly outputTokens: number;
  /** Of the input, what the provider read from its own prompt cache; absent means 0. */
  readonly cachedInputTokens?: number;
  /** Absent means 0. */
  readonly reasoningTokens?: number;
}

export interface FinishedPart extends TokenCounts {
  readonly type: 'finished';
  readonly finishReason: FinishReason;
  /** False when the provider gave no usage: the counts are 0 then. Absent means true. */
  readonly usageKnown?: boolean;
  /** What the provider could not honour, or did not say. */
  readonly warnings: readonly string[];
}

export type ModelPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'reasoning'; readonly text: string }
  /** A piece of a call of a tool. The first of an index has id and name; the arguments of all with one index belong together. */
  | {
      readonly type: 'toolCall';
      readonly index: number;
      readonly id: string;
      readonly name: string;
      readonly argumentsJson: string;
    }
  | FinishedPart;

export interface EmbedCall {
  readonly model: string;
  readonly texts: readonly string[];
  /** Length of the vectors; 0 for the model's own. */
  readonly dimensions: number;
  /** Empty where the model makes no difference. */
  readonly purpose: 'document' | 'query' | '';
  readonly deadlineUnixMs: number;
  readonly signal?: AbortSignal;
}

export interface Embeddings extends TokenCounts {
  /** In the order of the texts. */
  readonly vectors: readonly (readonly number[])[];
  readonly warnings: readonly string[];
}

export interface RerankCall {
  readonly model: string;
  readonly query: string;
  readonly documents: readonly string[];
  /** How many to give back; 0 for all. */
  readonly top: number;
  readonly deadlineUnixMs: number;
  readonly signal?: AbortSignal;
}

export interface Ranking extends TokenCounts {
  /** Best first; `index` is the place among the documents asked about. */
  readonly ranking: readonly { readonly index: number; readonly score: number }[];
  readonly warnings: readonly string[];
}

/** A vendor's models behind one call, which streams. */
export interface Provider {
  /** The name workflows use, for example `openai`. */
  readonly name: string;
  /** The vendor, as the price table knows it, for example `openai`. */
  readonly kind: string;
  /** It is told the key of each call, and promises to bill requests under one key once. Absent means no. */
  readonly mergesRepeats?: boolean;
  /** The names of its models. Throws `FailureError`. */
  listModels(): Promise<readonly string[]>;
  /** Ends with `finished` or throws a `FailureError`; leaving the loop ends the call. */
  chat(call: ModelCall): AsyncIterable<ModelPart>;
  /** The parts of an answer that is not needed piece by piece; absent where reading it in one costs no less. Throws `FailureError`. */
  answer?(call: ModelCall): Promise<readonly ModelPart[]>;
  /** Absent where the vendor has no embedding models. Throws `FailureError`. */
  embed?(call: EmbedCall): Promise<Embeddings>;
  /** Absent where the vendor has no reranking models. Throws `FailureError`. */
  rerank?(call: RerankCall): Promise<Ranking>;
  /** Ends its connections: with the calls on them, or once those have ended. */
  close(when: 'now' | 'idle'): Promise<void>;
}
