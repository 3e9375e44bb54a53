import { fakeContext, fakeKnowledge } from '@treadle/testing/fake-capabilities';
import { describe, expect, it } from 'vitest';
import { knowledgeRetrieval } from './knowledge-retrieval.descriptor.js';
import { executeKnowledgeRetrieval } from './knowledge-retrieval.executor.js';

const passage = {
  ...{ datasetId: 'd', datasetName: 'Handbook', documentId: 'o', documentName: 'Rules', chunkId: 'c' },
  ...{ position: 2, content: 'Be kind.', score: 0.9, source: 'https://x.example/rules', metadata: { year: 2020 } },
};
const config = (more: object = {}) =>
  knowledgeRetrieval.config.parse({ query_variable_selector: ['start', 'q'], dataset_ids: ['d'], ...more });
const values = { 'start.q': 'What are the rules?', 'start.year': 2020 };

describe('knowledge-retrieval', () => {
  it('gives what it finds with its source', async () => {
    const knowledge = fakeKnowledge({ passages: [passage] });
    const context = fakeContext(values, { knowledge });
    const { outputs } = await executeKnowledgeRetrieval(config(), context);
    expect(outputs).toMatchObject({
      result: [
        {
          ...{ title: 'Rules', content: 'Be kind.', url: 'https://x.example/rules' },
          metadata: { score: 0.9, dataset_id: 'd', document_id: 'o', segment_id: 'c', doc_metadata: { year: 2020 } },
        },
      ],
    });
    expect(knowledge.questions).toEqual([
      { datasetIds: ['d'], query: 'What are the rules?', settings: undefined, filter: undefined },
    ]);
  });

  it('asks as it is set up, with the values of the run in its conditions', async () => {
    const knowledge = fakeKnowledge({ degraded: 'The store is away.' });
    const context = fakeContext(values, { knowledge });
    const conditions = [{ name: 'year', comparison_operator: '=', value: '{{#start.year#}}' }];
    const retrieval = {
      top_k: 3,
      score_threshold: 0.5,
      reranking_mode: 'weighted_score',
      weights: { vector_weight: 0.4 },
    };
    const given = { multiple_retrieval_config: retrieval, metadata_filtering_conditions: { conditions } };
    await executeKnowledgeRetrieval(config(given), context);
    expect(knowledge.questions[0]).toMatchObject({
      settings: { top_k: 3, score_threshold: 0.5, method: 'hybrid', fusion: 'weighted', semantic_weight: 0.4 },
      filter: { logic: 'and', conditions: [{ field: 'year', operator: '=', value: '2020' }] },
    });
    expect(context.warnings).toEqual(['The search was less than it could be: The store is away.']);
  });

  it('lets a model make the conditions, and says what of them was left out', async () => {
    const knowledge = fakeKnowledge({ notes: ['One was left out.'] });
    const context = fakeContext(values, { knowledge });
    const given = {
      metadata_filtering_mode: 'automatic',
      metadata_model_config: { provider: 'openai', name: 'small', mode: 'chat' },
      metadata_filtering_conditions: { conditions: [{ name: 'year', comparison_operator: '=', value: 1 }] },
    };
    await executeKnowledgeRetrieval(config(given), context);
    expect(knowledge.questions[0]).toMatchObject({
      filter: undefined,
      filterModel: { provider: 'openai', model: 'small' },
    });
    expect(context.warnings).toEqual(['One was left out.']);
  });

  it.each([
    [{ metadata_filtering_mode: 'automatic' }, values, 'node_configuration'],
    [{}, { 'start.q': ' ' }, 'value_missing'],
    [{ dataset_ids: [] }, values, 'node_configuration'],
  ])('fails where there is nothing to ask: %j', async (more, given, code) => {
    await expect(executeKnowledgeRetrieval(config(more), fakeContext(given))).rejects.toMatchObject({
      failure: { code },
    });
  });
});
