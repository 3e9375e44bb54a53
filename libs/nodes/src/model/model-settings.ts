import type { Json } from '@treadle/workflow';
import { z } from 'zod';
import { readJsonObject } from './read-json.js';

/** Which model a node asks, and how. */
export const modelSchema = z.object({
  /** Empty lets any provider that knows the model serve it. */
  provider: z.string().default(''),
  name: z.string().min(1),
  mode: z.enum(['chat', 'completion']).default('chat'),
  /** Sampling settings with OpenAI's names. */
  completion_params: z.record(z.string(), z.json()).default({}),
});

export type ModelSettings = z.infer<typeof modelSchema>;

/** The part of a question that names the model. Settings that were left alone are dropped. */
export function modelOf({ provider, name, completion_params }: ModelSettings) {
  const { response_format: format, json_schema: schema, ...settings } = completion_params;
  const given = Object.entries({ ...settings, ...formatOf(format ?? null, schema ?? null) });
  return { provider, model: name, parameters: Object.fromEntries(given.filter(([, value]) => value !== null)) };
}

/** Older files give the response format as a word, and its schema as a text beside it. */
function formatOf(format: Json, schema: Json): Record<string, Json> {
  if (typeof format !== 'string') return { response_format: format, json_schema: schema };
  const written = typeof schema === 'string' ? (readJsonObject(schema) ?? null) : schema;
  return { response_format: { type: format, ...(written !== null && { json_schema: written }) } };
}
