import { FailureError } from '@treadle/failure';
import { z } from 'zod';
import type { ServerOptions } from '../wire/server-options.js';

const settingsSchema = z.object({
  /** Which API serves chat: by default `responses` for calls with reasoning settings, which alone shows reasoning, and `chat` for all others. */
  api: z.enum(['chat', 'responses']).optional(),
});

export interface OpenAiOptions extends ServerOptions, z.output<typeof settingsSchema> {}

/** Throws `invalid_argument` when a setting is not what it should be. */
export function openAiOptions(server: ServerOptions, settings: Readonly<Record<string, unknown>>): OpenAiOptions {
  const read = settingsSchema.safeParse(settings);
  if (read.success) return { ...server, ...read.data };
  const message = 'The option of an OpenAI provider is api, chat or responses.';
  throw FailureError.of('invalid_argument', message, { field: 'options' });
}
