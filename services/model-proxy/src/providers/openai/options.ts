import type { ServerOptions } from '../wire/server-options.js';

export interface OpenAiOptions extends ServerOptions {
  /** Which API serves chat: by default `responses` for calls with reasoning settings, which alone shows reasoning, and `chat` for all others. */
  readonly api?: 'chat' | 'responses';
}
