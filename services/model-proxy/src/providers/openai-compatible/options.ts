import type { ServerOptions } from '../wire/server-options.js';

/** What servers with OpenAI's protocol do differently. Absent means: as OpenAI does. */
export interface Dialect {
  /** The name of the setting for the longest answer, where the server knows only one. */
  readonly maxTokensName?: 'max_tokens' | 'max_completion_tokens';
  /** What the server makes of a JSON schema; where it knows only JSON, the schema is told to the model in words. */
  readonly structuredOutput?: 'json_schema' | 'json_object';
  /** Texts in one request for embeddings. */
  readonly embeddingBatch?: number;
  /** How the key is sent: `Authorization: Bearer`, or Azure's `api-key`. */
  readonly keyHeader?: 'authorization' | 'api-key';
  /** Where a model's endpoint is, below the base address; absent for the endpoint itself. */
  readonly endpointOf?: (endpoint: string, model: string) => string;
  /** Added to the query of every request. */
  readonly query?: Readonly<Record<string, string>>;
}

export interface OpenAiCompatibleOptions extends ServerOptions {
  readonly dialect?: Dialect;
}
