import type { Json } from '@treadle/workflow';

export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant' | 'tool';
  readonly text: string;
}

export interface ChatQuestion {
  /** Provider and model by the names the workflow uses; an empty provider lets any that knows the model serve it. */
  readonly provider: string;
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  /** Sampling settings with OpenAI's names. */
  readonly parameters: Readonly<Record<string, Json>>;
}

export type ChatPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'reasoning'; readonly text: string }
  | {
      readonly type: 'finished';
      readonly finishReason: string;
      readonly inputTokens: number;
      readonly outputTokens: number;
      /** Who served the call. */
      readonly provider: string;
      readonly model: string;
      readonly warnings: readonly string[];
    };

/** Asks models. Ends with a `finished` part or throws a `FailureError`; a stream that breaks off is a failure, never a short answer. */
export interface Models {
  chat(question: ChatQuestion): AsyncIterable<ChatPart>;
}

export interface HttpQuestion {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body?: string;
  readonly connectTimeoutSeconds: number;
  readonly readTimeoutSeconds: number;
  /** Above this the answer is refused with its size. */
  readonly maxBytes: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Sends requests to addresses a user wrote, behind the guard that refuses private ones. Throws `FailureError`. */
export interface Http {
  send(question: HttpQuestion): Promise<HttpAnswer>;
}

/** Everything a node may ask of the world. */
export interface Capabilities {
  readonly models: Models;
  readonly http: Http;
}
