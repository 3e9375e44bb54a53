import { z } from 'zod';
import { documentLimits } from './document-limits.js';

/** One operation, as clients of GraphQL send it. */
export const graphqlSchema = z
  .strictObject(
    {
      query: z.string().max(documentLimits.bytes).nullish().meta({
        description: 'The document; left out where its hash is known already.',
      }),
      variables: z.record(z.string(), z.unknown()).nullish(),
      operationName: z.string().max(200).nullish().meta({ description: 'Which operation of the document is meant.' }),
      extensions: z.record(z.string(), z.unknown()).nullish().meta({
        description:
          '`persistedQuery` with `version` 1 and `sha256Hash`, the SHA-256 of the document in hexadecimal. Others are passed over.',
      }),
    },
    {
      error: (issue) => (issue.code === 'invalid_type' ? 'one operation is taken at a time, as an object' : undefined),
    },
  )
  .meta({ id: 'GraphqlRequest' });

export type GraphqlRequest = z.infer<typeof graphqlSchema>;

export const persistedQuerySchema = z.object({
  persistedQuery: z
    .strictObject({
      version: z.literal(1),
      sha256Hash: z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in hexadecimal'),
    })
    .optional(),
});

const graphqlErrorSchema = z.object({
  message: z.string(),
  locations: z.array(z.object({ line: z.int(), column: z.int() })).optional(),
  path: z.array(z.union([z.string(), z.int()])).optional(),
  extensions: z.record(z.string(), z.unknown()).meta({
    description: '`code`, `status`, `field`, `hint` and `request_id`, as the errors of the REST API have them.',
  }),
});

export const graphqlAnswerSchema = z
  .object({ data: z.record(z.string(), z.unknown()).nullish(), errors: z.array(graphqlErrorSchema).optional() })
  .meta({ id: 'GraphqlAnswer' });
