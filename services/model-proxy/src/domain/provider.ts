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
  /** Aborted when the caller is gone. */
  readonly signal?: AbortSignal;
}

export interface ModelMessage {
  readonly role: string;
  readonly text: string;
}

export type FinishReason = 'stop' | 'length' | 'content_filter' | 'tool_calls';

export type ModelPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'reasoning'; readonly text: string }
  | {
      readonly type: 'finished';
      readonly finishReason: FinishReason;
      readonly inputTokens: number;
      readonly outputTokens: number;
      /** What the provider could not honour, or did not say. */
      readonly warnings: readonly string[];
    };

/** A vendor's models behind one call, which streams. */
export interface Provider {
  /** The name workflows use, for example `openai`. */
  readonly name: string;
  /** The names of its models. Throws `FailureError`. */
  listModels(): Promise<readonly string[]>;
  /** Ends with `finished` or throws a `FailureError`; leaving the loop ends the call. */
  chat(call: ModelCall): AsyncIterable<ModelPart>;
  /** Ends its connections. */
  close(): Promise<void>;
}
