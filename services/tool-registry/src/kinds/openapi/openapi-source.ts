import { FailureError } from '@treadle/failure';
import type { Json, JsonObject } from '@treadle/workflow';
import { z } from 'zod';

const mostDocumentBytes = 10_000_000;

/** How a toolset of an OpenAPI document is registered. */
const sourceSchema = z
  .strictObject({
    /** The document as text, JSON or YAML. */
    document: z.string().min(1).optional(),
    /** Where the document is fetched, without a credential, each time the toolset is registered or refreshed. */
    url: z.url({ protocol: /^https?$/ }).optional(),
    /** Used instead of the document's servers. */
    server: z.url({ protocol: /^https?$/ }).optional(),
    /** Values for variables in the servers' addresses; a variable that is missing has its default. */
    serverVariables: z.record(z.string(), z.string()).default({}),
    /** Only these: `operationId`, or method and path like `GET /pets`. Empty for all. */
    operations: z.array(z.string()).default([]),
    /** Only operations with one of these tags. Empty for all. */
    tags: z.array(z.string()).default([]),
  })
  .refine((source) => (source.document === undefined) !== (source.url === undefined), {
    path: ['document'],
    message: 'give either the document or the address it is fetched from',
  });

export type OpenApiSource = z.output<typeof sourceSchema>;

/** @throws FailureError `invalid_argument` with the field of the source at fault. */
export function readOpenApiSource(source: JsonObject): OpenApiSource {
  const parsed = sourceSchema.safeParse(source satisfies Json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = issue?.path.join('.') ?? '';
  throw FailureError.of('invalid_argument', `The source of an OpenAPI toolset: ${field}: ${issue?.message ?? 'invalid'}.`, { field }); // biome-ignore format: one thought
}

/** Fetching gives up above this, too. */
export const documentLimits = { maxBytes: mostDocumentBytes };
