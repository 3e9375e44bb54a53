import { z } from 'zod';

const name = z.string({ error: 'Arg name must be provided.' }).min(1).max(64);
const types = ['string', 'number', 'time'] as const;

export const addFieldSchema = z.object({ name, type: z.enum(types) }).meta({ id: 'DifyAddField' });
export type AddFieldBody = z.infer<typeof addFieldSchema>;

export const renameFieldSchema = z.object({ name }).meta({ id: 'DifyRenameField' });
export type RenameFieldBody = z.infer<typeof renameFieldSchema>;

export const fieldSchema = z
  .object({ id: z.string(), name: z.string(), type: z.enum(types) })
  .meta({ id: 'DifyMetadataField' });
export const fieldsSchema = z
  .object({ doc_metadata: z.array(fieldSchema.extend({ count: z.int() })), built_in_field_enabled: z.boolean() })
  .meta({ id: 'DifyMetadataFields' });
export const builtInSchema = z
  .object({ fields: z.array(z.object({ name: z.string(), type: z.string() })) })
  .meta({ id: 'DifyBuiltInFields' });

export const documentsMetadataSchema = z
  .object({
    operation_data: z
      .array(
        z.object({
          document_id: z.string().max(100),
          metadata_list: z
            .array(
              z.object({
                id: z.string().nullish(),
                name: z.string().nullish(),
                value: z.union([z.string(), z.number()]).nullish(),
              }),
            )
            .max(100),
          partial_update: z.boolean().nullish().meta({ description: 'Keeps the values that are not named.' }),
        }),
      )
      .min(1)
      .max(100),
  })
  .meta({ id: 'DifyDocumentsMetadata' });
export type DocumentsMetadataBody = z.infer<typeof documentsMetadataSchema>;
