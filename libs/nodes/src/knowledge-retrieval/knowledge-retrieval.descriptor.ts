import { z } from 'zod';
import { defineTaskNode } from '../define-node.js';
import { selectorReference, selectorSchema, textReferences } from '../fields.js';

const model = z.object({ provider: z.string().max(100).default(''), model: z.string().min(1).max(200) });

const conditionSchema = z.object({
  name: z.string().min(1).max(100),
  comparison_operator: z.string().min(1).max(50),
  /** A text may hold references. */
  value: z.union([z.string(), z.number(), z.array(z.union([z.string(), z.number()]))]).nullish(),
});

export const knowledgeRetrievalConfigSchema = z.object({
  query_variable_selector: selectorSchema,
  dataset_ids: z.array(z.string().max(100)).max(50),
  multiple_retrieval_config: z
    .object({
      top_k: z.int().min(1).max(100).default(5),
      score_threshold: z.number().nullish(),
      reranking_enable: z.boolean().default(false),
      reranking_mode: z.enum(['reranking_model', 'weighted_score']).default('reranking_model'),
      reranking_model: model.nullish(),
      weights: z.object({ vector_weight: z.number().min(0).max(1) }).nullish(),
      /** Absent for meaning and words together. */
      method: z.enum(['semantic', 'full_text', 'hybrid']).nullish(),
    })
    .nullish(),
  /** Who makes conditions on metadata: nobody, whoever set up the node, or a model from the question; absent for manual. */
  metadata_filtering_mode: z.enum(['disabled', 'manual', 'automatic']).nullish(),
  /** Of `automatic`. */
  metadata_model_config: z
    .object({ provider: z.string().max(100).default(''), name: z.string().min(1).max(200) })
    .nullish(),
  metadata_filtering_conditions: z
    .object({ logical_operator: z.enum(['and', 'or']).default('and'), conditions: z.array(conditionSchema).max(50) })
    .nullish(),
});

export type KnowledgeRetrievalConfig = z.infer<typeof knowledgeRetrievalConfigSchema>;

export const knowledgeRetrieval = defineTaskNode<KnowledgeRetrievalConfig>({
  type: 'knowledge-retrieval',
  group: 'data',
  title: 'Knowledge retrieval',
  summary: 'Finds what datasets say about a question.',
  pool: 'default',
  timeoutSeconds: 60,
  config: knowledgeRetrievalConfigSchema,
  reads: (config) => [
    ...selectorReference(config.query_variable_selector, 'query_variable_selector'),
    ...(config.metadata_filtering_conditions?.conditions ?? []).flatMap(({ value }, index) =>
      textReferences(typeof value === 'string' ? value : '', `metadata_filtering_conditions.conditions.${index}.value`),
    ),
  ],
  handles: () => ['source'],
  outputs: () => ['result'],
});
