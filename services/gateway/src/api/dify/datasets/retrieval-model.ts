import type { Dataset } from '@treadle/contracts';
import { z } from 'zod';

const name = z.string().max(200).nullish();

/** How searches go, as Dify's clients say it. Whatever is left out is as the dataset has it. */
export const retrievalModelSchema = z
  .object({
    search_method: z.enum(['semantic_search', 'full_text_search', 'hybrid_search', 'keyword_search']).nullish(),
    reranking_enable: z.boolean().nullish(),
    reranking_mode: z.enum(['reranking_model', 'weighted_score']).nullish(),
    reranking_model: z.object({ reranking_provider_name: name, reranking_model_name: name }).nullish(),
    weights: z
      .object({ vector_setting: z.object({ vector_weight: z.number().min(0).max(1).nullish() }).nullish() })
      .nullish(),
    top_k: z.int().min(1).max(100).nullish(),
    score_threshold_enabled: z.boolean().nullish(),
    score_threshold: z.number().min(0).max(1).nullish(),
    metadata_filtering_conditions: z
      .object({
        logical_operator: z.enum(['and', 'or']).nullish(),
        conditions: z
          .array(z.object({ name: z.string(), comparison_operator: z.string(), value: z.unknown().optional() }))
          .max(50)
          .nullish(),
      })
      .nullish(),
  })
  .meta({ id: 'DifyRetrievalModel' });
export type RetrievalModel = z.infer<typeof retrievalModelSchema>;

/** What a dataset keeps of how it is searched, as it writes it. */
interface Search {
  readonly method?: 'semantic' | 'full_text' | 'hybrid';
  readonly top_k?: number;
  readonly score_threshold?: number;
  readonly fusion?: 'reciprocal_rank' | 'weighted';
  readonly semantic_weight?: number;
  readonly candidates?: number;
  readonly rerank?: { readonly provider: string; readonly model: string };
}

const methods = {
  semantic_search: 'semantic',
  full_text_search: 'full_text',
  hybrid_search: 'hybrid',
  keyword_search: 'full_text',
} as const;
const shownMethods = { semantic: 'semantic_search', full_text: 'full_text_search', hybrid: 'hybrid_search' } as const;

/** Settings of a search here, with what was not said taken from those of the dataset. */
export function searchOf(model: RetrievalModel, { searchJson }: Pick<Dataset, 'searchJson'>): string {
  const { score_threshold: keptThreshold, rerank: keptRerank, ...kept } = JSON.parse(searchJson) as Search;
  const vectorWeight = model.weights?.vector_setting?.vector_weight;
  const threshold = thresholdOf(model, keptThreshold);
  const rerank = rerankOf(model, keptRerank);
  return JSON.stringify({
    ...kept,
    ...(model.search_method && { method: methods[model.search_method] }),
    ...(model.top_k && { top_k: model.top_k }),
    ...(typeof vectorWeight === 'number' && { fusion: 'weighted', semantic_weight: vectorWeight }),
    ...(threshold !== undefined && { score_threshold: threshold }),
    ...(rerank && { rerank }),
  });
}

function thresholdOf({ score_threshold_enabled: enabled, score_threshold: given }: RetrievalModel, kept?: number) {
  if (enabled === false) return undefined;
  if (enabled === true) return given ?? kept ?? 0;
  return kept;
}

function rerankOf({ reranking_enable, reranking_mode, reranking_model }: RetrievalModel, kept: Search['rerank']) {
  if (reranking_enable === false || reranking_mode === 'weighted_score') return undefined;
  const model = reranking_model?.reranking_model_name;
  return model ? { provider: plainProvider(reranking_model.reranking_provider_name ?? ''), model } : kept;
}

/** Dify writes providers as `publisher/plugin/provider`. */
export function plainProvider(provider: string): string {
  return provider.split('/').at(-1) ?? '';
}

/** Conditions on metadata, as a search here takes them; empty for none. */
export function filterOf({ metadata_filtering_conditions: given }: RetrievalModel): string {
  const conditions = given?.conditions ?? [];
  if (conditions.length === 0) return '';
  return JSON.stringify({
    logic: given?.logical_operator ?? 'and',
    conditions: conditions.map(({ name: field, comparison_operator: operator, value }) => ({
      ...{ field, operator },
      ...(value !== undefined && value !== null && { value }),
    })),
  });
}

/** How a dataset is searched, as Dify's clients read it. */
export function retrievalModelView(dataset: Pick<Dataset, 'searchJson' | 'embeddingModel' | 'embeddingProvider'>) {
  const search = JSON.parse(dataset.searchJson) as Search;
  const { method = 'hybrid', semantic_weight: weight = 0.5, score_threshold: threshold, rerank } = search;
  return {
    search_method: shownMethods[dataset.embeddingModel === '' ? 'full_text' : method],
    reranking_enable: rerank !== undefined,
    reranking_mode: rerank ? 'reranking_model' : 'weighted_score',
    reranking_model: {
      reranking_provider_name: rerank?.provider ?? '',
      reranking_model_name: rerank?.model ?? '',
    },
    weights: {
      weight_type: 'customized',
      keyword_setting: { keyword_weight: Number((1 - weight).toFixed(4)) },
      vector_setting: {
        vector_weight: weight,
        embedding_model_name: dataset.embeddingModel,
        embedding_provider_name: dataset.embeddingProvider,
      },
    },
    top_k: search.top_k ?? 5,
    score_threshold_enabled: threshold !== undefined,
    score_threshold: threshold ?? null,
  };
}
