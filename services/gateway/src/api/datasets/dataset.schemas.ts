import { z } from 'zod';
import { pageSchema } from '../runs/run.schemas.js';

const name = z.string().min(1).max(200);
const jsonObject = z.record(z.string(), z.unknown());
const keyword = z.string().max(200).default('').meta({ description: 'Only names that hold it.' });

export const listDatasetsSchema = z.strictObject({ ...pageSchema, keyword });
export type ListDatasetsQuery = z.infer<typeof listDatasetsSchema>;

export const listChunksSchema = z.strictObject(pageSchema);
export type ListChunksQuery = z.infer<typeof listChunksSchema>;

const embedding = z
  .strictObject({ provider: z.string().max(100).default(''), model: z.string().min(1).max(200) })
  .meta({
    description:
      'The model that makes the vectors; null for a dataset that is searched by words only. A change of it builds a new index beside the one that serves.',
  });
const chunking = jsonObject.meta({
  description:
    '`mode` (text, parent_child, question_answer), `unit` (characters, tokens), `separators`, `max_length`, `overlap`, `remove_extra_spaces`, `remove_urls_emails`, `parent`, `child_separators`, `child_max_length`. A change builds a new index.',
});
const search = jsonObject.meta({
  description:
    '`method` (semantic, full_text, hybrid), `top_k`, `score_threshold`, `fusion` (reciprocal_rank, weighted), `semantic_weight`, `candidates`, `rerank`, `filter_model` (the chat model that makes a filter from the query).',
});
const fields = z
  .record(z.string(), z.enum(['string', 'number', 'time']))
  .meta({ description: "The fields of the documents' metadata." });

export const createDatasetSchema = z
  .strictObject({
    name,
    description: z.string().max(10_000).default(''),
    embedding: embedding.nullish(),
    chunking: chunking.optional(),
    search: search.optional(),
    metadata_fields: fields.optional(),
  })
  .meta({ id: 'CreateDataset' });
export type CreateDatasetBody = z.infer<typeof createDatasetSchema>;

export const updateDatasetSchema = z
  .strictObject({
    name: name.optional(),
    description: z.string().max(10_000).optional(),
    embedding: embedding.nullish(),
    chunking: chunking.optional(),
    search: search.optional(),
    metadata_fields: fields.optional(),
  })
  .meta({ id: 'UpdateDataset' });
export type UpdateDatasetBody = z.infer<typeof updateDatasetSchema>;

export const datasetSchema = z
  .object({
    id: z.string(),
    name,
    description: z.string(),
    embedding: z.object({ provider: z.string(), model: z.string(), dimensions: z.int() }),
    chunking: jsonObject,
    search: jsonObject,
    metadata_fields: z.record(z.string(), z.string()),
    documents: z.int(),
    chunks: z.int(),
    reindexing: z.boolean().meta({ description: 'Whether a new index is being built beside the one that serves.' }),
    reindexed_documents: z.int().meta({ description: 'Documents that the new index has already.' }),
    reindex_failures: z.int().meta({
      description: 'Documents that failed in the new index. The old one serves until they are tried again or deleted.',
    }),
    created_at: z.string(),
    updated_at: z.string(),
  })
  .meta({ id: 'Dataset' });
export const datasetPageSchema = z
  .object({ items: z.array(datasetSchema), next_cursor: z.string().nullable() })
  .meta({ id: 'DatasetPage' });

const metadata = z.record(z.string(), z.union([z.string(), z.number(), z.null()]));

export const createDocumentSchema = z
  .strictObject({
    name,
    text: z.string().optional().meta({ description: 'One of `text`, `file_id` and `url` is needed.' }),
    file_id: z
      .uuid()
      .optional()
      .meta({ description: 'An uploaded file: PDF, Word, PowerPoint, sheets, HTML, Markdown, text.' }),
    url: z.url().max(2000).optional().meta({ description: 'A page or a file that is fetched.' }),
    metadata: metadata.default({}),
    chunking: chunking.optional().meta({ description: 'How this one is cut, where not as its dataset says.' }),
  })
  .refine(({ text, file_id, url }) => [text, file_id, url].filter((one) => one !== undefined).length === 1, {
    message: 'give one of text, file_id and url',
  })
  .meta({ id: 'CreateDocument' });
export type CreateDocumentBody = z.infer<typeof createDocumentSchema>;

export const updateDocumentSchema = z
  .strictObject({
    name: name.optional(),
    text: z.string().optional().meta({
      description: 'A new text, or a `file_id` or `url` of one; the old one is found until the new one is ready.',
    }),
    file_id: z.uuid().optional(),
    url: z.url().max(2000).optional(),
    metadata: metadata.optional(),
    chunking: chunking.nullish().meta({ description: 'Cuts it anew; null for the way of its dataset.' }),
    enabled: z.boolean().optional(),
    archived: z.boolean().optional(),
    paused: z
      .boolean()
      .optional()
      .meta({ description: 'Stops the indexing, or goes on with it; also after a failure.' }),
  })
  .refine(({ text, file_id, url }) => [text, file_id, url].filter((one) => one !== undefined).length <= 1, {
    message: 'give one of text, file_id and url',
  })
  .meta({ id: 'UpdateDocument' });
export type UpdateDocumentBody = z.infer<typeof updateDocumentSchema>;

export const documentSchema = z
  .object({
    id: z.string(),
    dataset_id: z.string(),
    name,
    source: z.string(),
    source_name: z.string(),
    status: z.enum(['waiting', 'extracting', 'splitting', 'indexing', 'completed', 'error', 'paused']),
    error: z.string().nullable().meta({ description: 'Why it failed and what to do. What was found before still is.' }),
    error_code: z.string().nullable(),
    reindex_error: z
      .string()
      .nullable()
      .meta({ description: 'Why it could not be taken into the index that is being built, which waits for it.' }),
    enabled: z.boolean(),
    archived: z.boolean(),
    metadata,
    chunking: jsonObject.nullable().meta({ description: 'Null where it is cut as its dataset says.' }),
    characters: z.int(),
    chunks: z.int().meta({ description: 'Those that can be found.' }),
    progress: z.object({ chunks_cut: z.int(), chunks_indexed: z.int() }),
    created_at: z.string(),
    updated_at: z.string(),
  })
  .meta({ id: 'Document' });
export const documentPageSchema = z
  .object({ items: z.array(documentSchema), next_cursor: z.string().nullable() })
  .meta({ id: 'DocumentPage' });

const keywords = z.array(z.string().max(100)).max(50);

export const createChunkSchema = z
  .strictObject({
    content: z.string().min(1),
    answer: z.string().optional(),
    keywords: keywords.optional(),
    parent_id: z.uuid().optional().meta({
      description: 'The chunk it becomes a part of, which is then given in place of its parts and not searched itself.',
    }),
  })
  .meta({ id: 'CreateChunk' });
export type CreateChunkBody = z.infer<typeof createChunkSchema>;

export const updateChunkSchema = z
  .strictObject({
    content: z.string().min(1).optional(),
    answer: z.string().optional(),
    keywords: keywords.optional(),
    enabled: z.boolean().optional(),
  })
  .meta({ id: 'UpdateChunk' });
export type UpdateChunkBody = z.infer<typeof updateChunkSchema>;

export const chunkSchema = z
  .object({
    id: z.string(),
    document_id: z.string(),
    position: z.int(),
    content: z.string(),
    answer: z.string(),
    parent_id: z.string().nullable(),
    keywords: z.array(z.string()),
    enabled: z.boolean(),
    characters: z.int(),
  })
  .meta({ id: 'Chunk' });
export const chunkPageSchema = z
  .object({ items: z.array(chunkSchema), next_cursor: z.string().nullable() })
  .meta({ id: 'ChunkPage' });

export const searchDatasetSchema = z
  .strictObject({
    query: z.string().min(1),
    settings: search.optional().meta({ description: "Without them the dataset's own." }),
    filter: z
      .strictObject({
        logic: z.enum(['and', 'or']).default('and'),
        conditions: z.array(jsonObject).max(50),
      })
      .optional()
      .meta({ description: 'Each condition is `field`, `operator` and `value`.' }),
    neighbours: z.int().min(0).max(5).default(0),
  })
  .meta({ id: 'SearchDataset' });
export type SearchDatasetBody = z.infer<typeof searchDatasetSchema>;

const nearbySchema = z.object({ chunk_id: z.string(), position: z.int(), content: z.string() });
const found = {
  dataset_id: z.string(),
  dataset_name: z.string(),
  document_id: z.string(),
  document_name: z.string(),
  chunk_id: z.string(),
  position: z.int(),
  content: z.string(),
  answer: z.string(),
  score: z.number(),
  scores: z.record(z.string(), z.number()),
  source: z.string().nullable(),
  metadata,
  parent: nearbySchema.nullable(),
  neighbours: z.array(nearbySchema),
};

export const searchResultSchema = z
  .object({
    chunks: z.array(z.object(found)),
    degraded: z.string().nullable().meta({ description: 'Why the answer is less than it could be.' }),
    filter: jsonObject.nullable().meta({ description: 'What the `filter_model` made of the query.' }),
    notes: z.array(z.string()).meta({ description: 'What of it was left out, and why.' }),
    timings: z.array(z.object({ stage: z.string(), milliseconds: z.number() })),
  })
  .meta({ id: 'SearchResult' });
