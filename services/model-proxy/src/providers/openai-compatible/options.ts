/** Where an OpenAI-compatible server is and how long it may take. */
export interface OpenAiCompatibleOptions {
  /** The name workflows use. */
  readonly name: string;
  /** For example `https://api.openai.com/v1`. */
  readonly baseUrl: string;
  /** Empty for servers that want none. */
  readonly apiKey: string;
  /** Milliseconds to establish a connection. */
  readonly connectTimeoutMs: number;
  /** Milliseconds to the first byte, and between any two parts of a stream. */
  readonly silenceTimeoutMs: number;
}
