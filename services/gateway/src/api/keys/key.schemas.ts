import { z } from 'zod';
import { permissionSchema } from '../auth/auth.schemas.js';

const moment = z.iso.datetime({ offset: true }).transform((text) => new Date(text));

export const listKeysSchema = z.strictObject({
  cursor: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(100).default(50),
});
export type ListKeysQuery = z.infer<typeof listKeysSchema>;

const idSchema = z.string().min(1).max(100);

export const createKeySchema = z
  .strictObject({
    name: z.string().trim().min(1).max(200),
    scopes: z
      .array(permissionSchema)
      .min(1)
      .max(100)
      .meta({ description: 'What it may do; nothing beyond its maker.' }),
    workflow_id: idSchema.optional().meta({ description: 'Makes it a key for this workflow only.' }),
    dataset_id: idSchema.optional().meta({ description: 'Makes it a key for this dataset only.' }),
    expires_at: moment.optional(),
  })
  .refine((key) => key.workflow_id === undefined || key.dataset_id === undefined, {
    path: ['dataset_id'],
    message: 'A key is for a workflow or for a dataset, not for both',
  })
  .meta({ id: 'CreateKey' });
export type CreateKeyBody = z.infer<typeof createKeySchema>;

/** An hour to put the new one everywhere. */
const defaultOverlapSeconds = 3600;

export const rotateKeySchema = z
  .strictObject({
    overlap_seconds: z
      .int()
      .min(0)
      .max(30 * 86_400)
      .default(defaultOverlapSeconds)
      .meta({ description: 'How long the old key works beside the new one.' }),
  })
  .meta({ id: 'RotateKey' });

const keyFields = {
  id: z.int(),
  name: z.string(),
  prefix: z.string().meta({ description: 'Its first characters, to recognise it by.' }),
  scopes: z.array(permissionSchema).nullable().meta({ description: 'null: all that an owner may do.' }),
  workflow_id: z.string().nullable(),
  dataset_id: z.string().nullable(),
  created_by: z.string().nullable(),
  created_at: z.string(),
  last_used_at: z.string().nullable().meta({ description: 'Exact to the minute.' }),
  expires_at: z.string().nullable(),
};

export const keySchema = z.object(keyFields).meta({ id: 'Key' });
export const keyPageSchema = z.object({ items: z.array(keySchema), next_cursor: z.string().nullable() });
export const madeKeySchema = z
  .object({ ...keyFields, key: z.string().meta({ description: 'Told once; only its hash is kept.' }) })
  .meta({ id: 'MadeKey' });
