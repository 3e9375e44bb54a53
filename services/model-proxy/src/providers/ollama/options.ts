import type { ServerOptions } from '../wire/server-options.js';

/** Ollama wants nothing besides its address. */
export type OllamaOptions = ServerOptions;
