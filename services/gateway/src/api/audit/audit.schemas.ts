import { z } from 'zod';

const moment = z.iso.datetime({ offset: true }).transform((text) => new Date(text));
/** Without NUL bytes, which PostgreSQL does not look up: an export has begun its answer by then. */
const text = z
  .string()
  .min(1)
  .max(300)
  .refine((value) => !value.includes('\0'), { error: 'holds a NUL byte' })
  .optional();

const filters = {
  actor: text.meta({ description: 'Id of a person or of an API key.' }),
  action: text.meta({ description: 'Such as provider.save.' }),
  kind: text.meta({ description: 'The kind of object, such as provider.' }),
  object: text.meta({ description: 'Id or name of an object.' }),
  outcome: z.enum(['begun', 'done', 'refused', 'failed']).optional(),
  from: moment.optional(),
  until: moment.optional(),
};

export const listAuditSchema = z.strictObject({
  ...filters,
  cursor: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(100).default(50),
});
export type ListAuditQuery = z.infer<typeof listAuditSchema>;

export const exportAuditSchema = z.strictObject({ ...filters, format: z.enum(['jsonl', 'csv']).default('jsonl') });
export type ExportAuditQuery = z.infer<typeof exportAuditSchema>;

export const auditEntrySchema = z
  .object({
    seq: z.int().meta({ description: 'Its place in the chain of the organisation, from 1, without a gap.' }),
    at: z.string(),
    actor: z.object({
      kind: z.enum(['user', 'key', 'link', 'nobody', 'system']),
      id: z.string(),
      address: z.string(),
      agent: z.string(),
    }),
    action: z.string(),
    object: z.object({ kind: z.string(), id: z.string() }),
    outcome: z.enum(['done', 'refused', 'failed', 'unknown']).meta({
      description: 'unknown: it began, and the process that did it never said what came of it.',
    }),
    request: z.string(),
    before: z.unknown().optional(),
    after: z.unknown().optional(),
    details: z.record(z.string(), z.unknown()).optional(),
    times: z.int().optional().meta({ description: 'How often it happened again within the next minute.' }),
    hash: z.string(),
  })
  .meta({ id: 'AuditEntry' });

export const auditPageSchema = z.object({ items: z.array(auditEntrySchema), next_cursor: z.string().nullable() });

export const checkpointSchema = z
  .object({
    checkpoint: z
      .string()
      .nullable()
      .meta({ description: 'A compact JWS of tenant, seq, hash and at; null of an empty log.' }),
  })
  .meta({ id: 'AuditCheckpoint' });

export const checkpointsSchema = z
  .object({
    items: z.array(z.string()).meta({ description: 'Compact JWS, oldest first.' }),
    keys: z.array(z.looseObject({ kid: z.string() })).meta({ description: 'Public keys as JWK.' }),
  })
  .meta({ id: 'AuditCheckpoints' });
