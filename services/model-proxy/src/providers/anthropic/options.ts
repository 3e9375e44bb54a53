import { FailureError } from '@treadle/failure';
import { z } from 'zod';
import type { ServerOptions } from '../wire/server-options.js';

const settingsSchema = z.object({
  /** Models before Claude 4.6 take a number of thinking tokens instead of deciding themselves. */
  thinking: z.enum(['adaptive', 'budget']).default('adaptive'),
});

export interface AnthropicOptions extends ServerOptions, z.output<typeof settingsSchema> {}

/** Throws `invalid_argument` when a setting is not what it should be. */
export function anthropicOptions(server: ServerOptions, settings: Readonly<Record<string, unknown>>): AnthropicOptions {
  const read = settingsSchema.safeParse(settings);
  if (read.success) return { ...server, ...read.data };
  const message = 'The option of an Anthropic provider is thinking, adaptive or budget.';
  throw FailureError.of('invalid_argument', message, { field: 'options' });
}
