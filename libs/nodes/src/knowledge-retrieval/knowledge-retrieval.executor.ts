import { FailureError } from '@treadle/failure';
import { type JsonObject, renderTextTemplate } from '@treadle/workflow';
import type { Passage } from '../capabilities.js';
import type { Execute, NodeContext } from '../define-node.js';
import type { KnowledgeRetrievalConfig } from './knowledge-retrieval.descriptor.js';

/** The passages of the datasets that answer the question, best first. */
export const executeKnowledgeRetrieval: Execute<KnowledgeRetrievalConfig> = async (config, context) => {
  const query = context.read(config.query_variable_selector);
  if (typeof query !== 'string' || query.trim() === '')
    throw FailureError.of('value_missing', 'There is no question to look for. Give the node a text that is not empty.');
  if (config.dataset_ids.length === 0)
    throw FailureError.of('node_configuration', 'The node has no dataset. Choose one at least.', {
      field: 'dataset_ids',
    });
  const filterModel = filterModelOf(config);
  const { passages, degraded, notes } = await context.capabilities.knowledge.search({
    datasetIds: config.dataset_ids,
    query,
    settings: settingsOf(config),
    filter: filterOf(config, context),
    ...(filterModel && { filterModel }),
  });
  for (const note of notes) context.warn(note);
  if (degraded !== '') context.warn(`The search was less than it could be: ${degraded}`);
  return { outputs: { result: passages.map(resultOf) } };
};

function settingsOf({ multiple_retrieval_config: given }: KnowledgeRetrievalConfig): JsonObject | undefined {
  if (!given) return undefined;
  const {
    top_k,
    score_threshold,
    method,
    weights,
    reranking_enable: reranks,
    reranking_mode: mode,
    reranking_model: model,
  } = given;
  return {
    top_k,
    method: method ?? 'hybrid',
    ...(typeof score_threshold === 'number' && { score_threshold }),
    ...(mode === 'weighted_score' && weights && { fusion: 'weighted', semantic_weight: weights.vector_weight }),
    ...(reranks && mode === 'reranking_model' && model && { rerank: { ...model } }),
  };
}

function filterModelOf({ metadata_filtering_mode: mode, metadata_model_config: model }: KnowledgeRetrievalConfig) {
  if (mode !== 'automatic') return undefined;
  if (model) return { provider: model.provider, model: model.name };
  throw FailureError.of('node_configuration', 'The node lets a model make its filter and names none. Choose one.', {
    field: 'metadata_model_config',
  });
}

function filterOf(config: KnowledgeRetrievalConfig, { read }: NodeContext) {
  const { metadata_filtering_mode: mode, metadata_filtering_conditions: given } = config;
  if ((mode ?? 'manual') !== 'manual' || !given || given.conditions.length === 0) return undefined;
  const conditions = given.conditions.map(({ name, comparison_operator: operator, value }): JsonObject => {
    const resolved = typeof value === 'string' ? renderTextTemplate(value, read) : value;
    return { field: name, operator, ...(resolved !== undefined && resolved !== null && { value: resolved }) };
  });
  return { logic: given.logical_operator, conditions };
}

/** As templates and models know it, with the source beside the text. */
function resultOf(passage: Passage): JsonObject {
  return {
    title: passage.documentName,
    content: passage.content,
    ...(passage.source !== '' && { url: passage.source }),
    metadata: {
      _source: 'knowledge',
      dataset_id: passage.datasetId,
      dataset_name: passage.datasetName,
      document_id: passage.documentId,
      document_name: passage.documentName,
      segment_id: passage.chunkId,
      segment_position: passage.position,
      score: passage.score,
      doc_metadata: passage.metadata,
    },
  };
}
