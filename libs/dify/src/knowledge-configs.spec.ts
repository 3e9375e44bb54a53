import { expect, it } from 'vitest';
import { translateKnowledgeRetrieval } from './knowledge-configs.js';

it('keeps how Dify searched, and says that datasets have to be chosen anew', () => {
  const warnings: string[] = [];
  const translated = translateKnowledgeRetrieval(
    {
      query_variable_selector: ['start', 'q'],
      dataset_ids: ['x', 'y'],
      retrieval_mode: 'multiple',
      multiple_retrieval_config: {
        ...{ top_k: 4, score_threshold: null, reranking_enable: true, reranking_mode: 'reranking_model' },
        reranking_model: { provider: 'langgenius/cohere/cohere', model: 'rerank-v3' },
      },
      metadata_filtering_mode: 'automatic',
    },
    (sentence) => void warnings.push(sentence),
  );
  expect(translated).toMatchObject({
    dataset_ids: [],
    multiple_retrieval_config: { top_k: 4, reranking_model: { provider: 'cohere', model: 'rerank-v3' } },
  });
  expect(warnings).toEqual([
    expect.stringMatching(/2 dataset.*mean nothing here/),
    expect.stringMatching(/conditions.*none is named/),
  ]);
});

it('lets a model make the conditions where Dify did', () => {
  const warnings: string[] = [];
  const config = {
    metadata_filtering_mode: 'automatic',
    metadata_model_config: { provider: 'langgenius/openai/openai', name: 'small', mode: 'chat', completion_params: {} },
  };
  expect(translateKnowledgeRetrieval(config, (sentence) => void warnings.push(sentence))).toMatchObject({
    metadata_filtering_mode: 'automatic',
    metadata_model_config: { provider: 'openai', name: 'small' },
    metadata_filtering_conditions: null,
  });
  expect(warnings).toEqual([]);
});
