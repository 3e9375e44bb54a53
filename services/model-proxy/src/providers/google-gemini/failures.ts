import { z } from 'zod';
import { parseJson } from '../wire/connection.js';
import { type ProviderError, readError } from '../wire/failures.js';

const errorSchema = z.object({
  error: z.object({
    message: z.string().default(''),
    status: z.string().default(''),
    details: z
      .array(z.object({ '@type': z.string().optional(), retryDelay: z.string().optional() }).loose())
      .default([]),
  }),
});

/** Google says in the body how long to wait, for example `"retryDelay": "34s"`. */
export function readGeminiError(body: string): ProviderError {
  const parsed = errorSchema.safeParse(parseJson(body));
  if (!parsed.success) return readError(body);
  const { message, status, details } = parsed.data.error;
  const delay = details.find(({ retryDelay }) => retryDelay !== undefined)?.retryDelay;
  const retryAfterSeconds = delay === undefined ? Number.NaN : Number.parseFloat(delay);
  return { message, code: status, ...(Number.isFinite(retryAfterSeconds) && { retryAfterSeconds }) };
}
