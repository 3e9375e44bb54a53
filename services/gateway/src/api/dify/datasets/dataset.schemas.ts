import { z } from 'zod';
import { optionalText } from '../dify.schemas.js';
import { pageFields, pageShape, texts } from './page.js';
import { docForms } from './process-rule.js';
import { retrievalModelSchema } from './retrieval-model.js';

const name = z.string().trim().min(1).max(200);

/** Beside these, Dify's clients may send who else may see the dataset and settings of knowledge elsewhere; here permissions decide. */
export const settingsFields = {
  indexing_technique: z
    .enum(['high_quality', 'economy'])
    .nullish()
    .meta({ description: '`economy` makes no vectors: the dataset is searched by words.' }),
  embedding_model: optionalText(200),
  embedding_model_provider: optionalText(100),
  retrieval_model: retrievalModelSchema.nullish(),
};

export const createDatasetSchema = z
  .object({
    name,
    description: optionalText(10_000),
    provider: z.string().nullish(),
    ...settingsFields,
  })
  .meta({ id: 'DifyCreateDataset' });
export type CreateDatasetBody = z.infer<typeof createDatasetSchema>;

export const updateDatasetSchema = z
  .object({ name: name.nullish(), description: z.string().max(10_000).nullish(), ...settingsFields })
  .meta({ id: 'DifyUpdateDataset' });
export type UpdateDatasetBody = z.infer<typeof updateDatasetSchema>;

export const listDatasetsSchema = z.object({ ...pageFields, tag_ids: texts });
export type ListDatasetsQuery = z.infer<typeof listDatasetsSchema>;

export const datasetSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    description: z.string(),
    indexing_technique: z.enum(['high_quality', 'economy']),
    doc_form: z.enum(docForms),
    document_count: z.int(),
    word_count: z.int().meta({ description: 'Characters of all documents.' }),
    created_at: z.int(),
    updated_at: z.int(),
    retrieval_model_dict: z.record(z.string(), z.unknown()),
  })
  .catchall(z.unknown())
  .meta({ id: 'DifyDataset' });
export const datasetPageSchema = z
  .object({ data: z.array(datasetSchema), ...pageShape })
  .meta({ id: 'DifyDatasetPage' });

export const retrieveSchema = z
  .object({
    query: z.string().min(1, { error: 'Arg query must be provided.' }),
    retrieval_model: retrievalModelSchema.nullish(),
    attachment_ids: z
      .array(z.string())
      .max(0, { error: 'Pictures are not searched for here. Send a query alone.' })
      .nullish(),
  })
  .meta({ id: 'DifyRetrieve' });
export type RetrieveBody = z.infer<typeof retrieveSchema>;

export const recordsSchema = z
  .object({
    query: z.object({ content: z.string() }),
    records: z.array(z.object({ score: z.number() }).catchall(z.unknown())),
  })
  .meta({ id: 'DifyRecords' });
