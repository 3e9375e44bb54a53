import type { ServerOptions } from '../wire/server-options.js';

/** Gemini wants nothing besides its address and key. */
export type GeminiOptions = ServerOptions;
