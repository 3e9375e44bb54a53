import { isJsonObject, type Json, type JsonObject } from '@treadle/workflow';
import { listOf, selectorOf } from './dify-values.js';
import type { Warn } from './tool-configs.js';

/** Datasets are named by ids that only their own installation can read, so they have to be chosen anew. */
export function translateKnowledgeRetrieval(config: JsonObject, warn: Warn): JsonObject {
  const many = objectOf(config.multiple_retrieval_config);
  const one = objectOf(config.single_retrieval_config);
  const datasets = listOf(config.dataset_ids).length;
  if (datasets > 0)
    warn(
      `The node searched ${datasets} dataset(s) of Dify, whose ids mean nothing here. Make datasets of the same documents (POST /api/v1/datasets) and put their ids into "dataset_ids".`,
    );
  if (config.retrieval_mode === 'single')
    warn(
      `A model chose one of the datasets (${nameOf(one)}). Here all of them are searched, and the best passages are given.`,
    );
  const automatic = config.metadata_filtering_mode === 'automatic' ? filterModelOf(config) : undefined;
  if (config.metadata_filtering_mode === 'automatic' && !automatic)
    warn('A model made the conditions on metadata from the question, and none is named. Name it, or set conditions.');
  const manual = config.metadata_filtering_mode === 'manual' ? objectOf(config.metadata_filtering_conditions) : {};
  const conditions = listOf(manual.conditions).filter(isJsonObject);
  return {
    query_variable_selector: selectorOf(config.query_variable_selector),
    dataset_ids: [],
    multiple_retrieval_config: retrievalOf(many),
    ...(automatic && { metadata_filtering_mode: 'automatic', metadata_model_config: automatic }),
    metadata_filtering_conditions:
      conditions.length > 0
        ? { logical_operator: manual.logical_operator === 'or' ? 'or' : 'and', conditions: conditions.map(conditionOf) }
        : null,
  };
}

/** How it samples is left behind: conditions are no matter of taste. */
function filterModelOf(config: JsonObject): JsonObject | undefined {
  const { provider, name } = objectOf(config.metadata_model_config);
  return typeof name === 'string' && name !== '' ? { provider: plainProvider(provider), name } : undefined;
}

function retrievalOf(many: JsonObject): JsonObject {
  const vector = objectOf(objectOf(many.weights).vector_setting);
  const model = objectOf(many.reranking_model);
  const name = typeof model.model === 'string' ? model.model : model.reranking_model_name;
  const provider = typeof model.provider === 'string' ? model.provider : model.reranking_provider_name;
  return {
    top_k: typeof many.top_k === 'number' ? Math.min(Math.max(Math.round(many.top_k), 1), 100) : 5,
    score_threshold: typeof many.score_threshold === 'number' ? many.score_threshold : null,
    reranking_enable: many.reranking_enable === true,
    reranking_mode: many.reranking_mode === 'weighted_score' ? 'weighted_score' : 'reranking_model',
    reranking_model:
      typeof name === 'string' && name !== '' ? { provider: plainProvider(provider), model: name } : null,
    weights: typeof vector.vector_weight === 'number' ? { vector_weight: vector.vector_weight } : null,
  };
}

/** Providers are written as `publisher/plugin/provider`. */
function plainProvider(provider: Json | undefined): string {
  return typeof provider === 'string' ? (provider.split('/').at(-1) ?? '') : '';
}

function conditionOf({ name, comparison_operator, value }: JsonObject): JsonObject {
  return { name: name ?? '', comparison_operator: comparison_operator ?? 'is', value: value ?? null };
}

function nameOf(config: JsonObject): string {
  const { name } = objectOf(config.model);
  return typeof name === 'string' ? name : 'unnamed';
}

const objectOf = (value: Json | undefined): JsonObject => (isJsonObject(value) ? value : {});
