import { z } from 'zod';
import { optionalText } from '../dify.schemas.js';
import { settingsFields } from './dataset.schemas.js';
import { pageFields, pageShape } from './page.js';
import { docForms, processRuleSchema } from './process-rule.js';

const name = z.string({ error: 'Arg name must be provided.' }).trim().min(1).max(200);
const text = z.string({ error: 'Arg text must be provided.' }).min(1, { error: 'Arg text must be provided.' });

const cutFields = {
  doc_form: z.enum(docForms).nullish(),
  process_rule: processRuleSchema.nullish(),
};

/** The document that takes this one's text in place of its own, where there is one already. */
const original = { original_document_id: optionalText(100) };

export const createByTextSchema = z
  .object({ name, text, ...cutFields, ...settingsFields, ...original })
  .meta({ id: 'DifyCreateDocument' });
export type CreateByTextBody = z.infer<typeof createByTextSchema>;

export const updateByTextSchema = z
  .object({ name: name.nullish(), text: text.nullish(), ...cutFields, ...settingsFields })
  .meta({ id: 'DifyUpdateDocument' });
export type UpdateByTextBody = z.infer<typeof updateByTextSchema>;

/** The field `data` of a form with a file. */
export const fileDataSchema = z.object({ name: name.nullish(), ...cutFields, ...settingsFields, ...original });
export type FileData = z.infer<typeof fileDataSchema>;

const states = ['queuing', 'indexing', 'paused', 'error', 'available', 'disabled', 'archived'] as const;
export type DisplayState = (typeof states)[number];

export const listDocumentsSchema = z.object({ ...pageFields, status: z.enum(states).nullish() });
export type ListDocumentsQuery = z.infer<typeof listDocumentsSchema>;

export const getDocumentSchema = z.object({ metadata: z.enum(['all', 'only', 'without']).nullish() });
export type GetDocumentQuery = z.infer<typeof getDocumentSchema>;

export const documentIdsSchema = z
  .object({ document_ids: z.array(z.string().max(100)).min(1).max(100) })
  .meta({ id: 'DifyDocumentIds' });
export type DocumentIdsBody = z.infer<typeof documentIdsSchema>;

export const documentSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    indexing_status: z.string(),
    display_status: z.enum(states),
    error: z.string().nullable(),
    enabled: z.boolean(),
    archived: z.boolean(),
    word_count: z.int().meta({ description: 'In characters.' }),
    created_at: z.int(),
  })
  .catchall(z.unknown())
  .meta({ id: 'DifyDocument' });
export const documentAndBatchSchema = z
  .object({ document: documentSchema, batch: z.string().meta({ description: 'The id of the document.' }) })
  .meta({ id: 'DifyDocumentAndBatch' });
export const documentPageSchema = z
  .object({ data: z.array(documentSchema), ...pageShape })
  .meta({ id: 'DifyDocumentPage' });

/** Of `metadata=only` there is little. */
export const documentDetailSchema = z
  .object({ id: z.string() })
  .catchall(z.unknown())
  .meta({ id: 'DifyDocumentDetail' });

export const indexingStatusSchema = z
  .object({
    data: z.array(
      z
        .object({
          id: z.string(),
          indexing_status: z.string(),
          error: z.string().nullable(),
          completed_segments: z.int(),
          total_segments: z.int(),
        })
        .catchall(z.unknown()),
    ),
  })
  .meta({ id: 'DifyIndexingStatus' });

export const resultSchema = z.object({ result: z.literal('success') }).meta({ id: 'DifyResult' });
export const success = { result: 'success' } as const;
