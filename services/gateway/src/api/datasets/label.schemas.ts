import { z } from 'zod';
import { pageSchema } from '../runs/run.schemas.js';

export const listLabelsSchema = z.strictObject({
  ...pageSchema,
  dataset_id: z.string().max(100).default('').meta({ description: 'Only the labels of this dataset.' }),
});
export type ListLabelsQuery = z.infer<typeof listLabelsSchema>;

export const writeLabelSchema = z
  .strictObject({ name: z.string().trim().min(1).max(50).meta({ description: 'Unique within the organisation.' }) })
  .meta({ id: 'WriteLabel' });
export type WriteLabelBody = z.infer<typeof writeLabelSchema>;

export const labelSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    dataset_ids: z.array(z.string()).meta({ description: 'The datasets that it is on.' }),
  })
  .meta({ id: 'Label' });
export const labelPageSchema = z
  .object({ items: z.array(labelSchema), next_cursor: z.string().nullable() })
  .meta({ id: 'LabelPage' });
