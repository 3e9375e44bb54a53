import { z } from 'zod';
import { metadataOperators } from './metadata-filter.js';

const modelSchema = z.strictObject({
  provider: z.string().max(100).default(''),
  model: z.string().min(1).max(200),
});

/** How a search goes. What is left out is taken from the dataset, or has the default. */
export const searchSettingsSchema = z.strictObject({
  method: z.enum(['semantic', 'full_text', 'hybrid']).default('hybrid'),
  top_k: z.int().min(1).max(100).default(5),
  /** Only chunks with at least this score; absent for all. */
  score_threshold: z.number().min(-1).max(1000).optional(),
  /** Of `hybrid`: by rank in both lists, or by weighted scores. */
  fusion: z.enum(['reciprocal_rank', 'weighted']).default('weighted'),
  /** Of `weighted`: the share of meaning; the rest is that of words. */
  semantic_weight: z.number().min(0).max(1).default(0.4),
  /** How many of each list are fused and reranked. */
  candidates: z.int().min(1).max(200).default(40),
  rerank: modelSchema.optional(),
  /** Chat model that makes conditions on metadata from the query, where the caller gives none; absent for none. */
  filter_model: modelSchema.optional(),
});
export type SearchSettings = z.infer<typeof searchSettingsSchema>;

const conditionValue = z.union([
  z.string().max(2000),
  z.number(),
  z.array(z.union([z.string().max(2000), z.number()])).max(1000),
]);

export const filterSchema = z.strictObject({
  logic: z.enum(['and', 'or']).default('and'),
  conditions: z
    .array(
      z.strictObject({
        field: z.string().max(100),
        operator: z.enum(metadataOperators),
        value: conditionValue.optional(),
      }),
    )
    .max(50)
    .default([]),
});
