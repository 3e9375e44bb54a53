import { FailureError } from '@treadle/failure';
import { LRUCache } from 'lru-cache';
import { builtInFields, type Dataset, invalid, isId, notFound } from './dataset.js';
import { FindCandidates } from './find-candidates.js';
import { MakeFilter } from './make-filter.js';
import type { ReadFilter } from './model-filter.js';
import { ReadChunks } from './read-chunks.js';
import type { SearchAnswer, SearchParts, SearchQuestion, SearchWork } from './search-answer.js';
import type { SearchSettings } from './search-settings.js';
import { Stages } from './stages.js';
import { CollectedTrouble } from './trouble.js';

const mostDatasets = 50;
const cacheMs = 60_000;

/** Finds chunks by meaning, by words or by both, in one or several datasets of a tenant. */
export class Search {
  private readonly answers: LRUCache<string, SearchAnswer>;
  private readonly underWay = new Map<string, number>();
  private readonly candidates: FindCandidates;
  private readonly chunks: ReadChunks;
  private readonly filters: MakeFilter;

  constructor(private readonly parts: SearchParts) {
    const clock = { perf: { now: parts.now }, ttlResolution: 0 };
    this.candidates = new FindCandidates(parts, new LRUCache({ max: 2000, ttl: 10 * cacheMs, ...clock }));
    this.chunks = new ReadChunks(parts);
    this.filters = new MakeFilter(parts.models, parts.limits.filterTimeoutMs, parts.now);
    this.answers = new LRUCache({ max: 500, ttl: cacheMs, ...clock });
  }

  /** Throws FailureError `invalid_argument` and `not_found` with the field at fault, `limit_exceeded` for too many at once. */
  async search(question: SearchQuestion): Promise<SearchAnswer> {
    const { tenantId } = question.call;
    const { searchesPerTenant } = this.parts.limits;
    this.check(question);
    const others = this.underWay.get(tenantId) ?? 0;
    if (others >= searchesPerTenant) {
      const message = `${others} searches are under way, which is the limit. Try again in a moment.`;
      throw FailureError.of('limit_exceeded', message, { retryable: true, retryAfterSeconds: 1 });
    }
    this.underWay.set(tenantId, others + 1);
    try {
      return await this.run(question);
    } finally {
      const left = (this.underWay.get(tenantId) ?? 1) - 1;
      if (left > 0) this.underWay.set(tenantId, left);
      else this.underWay.delete(tenantId);
    }
  }

  private check({ query, datasetIds }: SearchQuestion): void {
    const { queryCharacters } = this.parts.limits;
    if (query.trim() === '') throw invalid('query', 'The query is empty. Say what to look for.');
    if (query.length > queryCharacters)
      throw invalid(
        'query',
        `The query has ${query.length} characters, where ${queryCharacters} are allowed. Shorten it.`,
      );
    if (datasetIds.length === 0) throw invalid('dataset_ids', 'There is no dataset to search.');
    if (datasetIds.length > mostDatasets)
      throw invalid('dataset_ids', `A search takes ${mostDatasets} datasets at most.`);
  }

  /** An index that another one replaced meanwhile has given nothing: then the new one is searched. */
  private async run(question: SearchQuestion): Promise<SearchAnswer> {
    const stages = new Stages();
    const datasets = await stages.time('datasets', () => this.datasets(question));
    const answer = await this.runIn(question, datasets, stages);
    if (answer.chunks.length > 0) return answer;
    const now = await stages.time('datasets', () => this.datasets(question));
    const isSame = now.every(({ index }, place) => index.indexId === datasets[place]?.index.indexId);
    return isSame ? answer : this.runIn(question, now, stages);
  }

  private async runIn(question: SearchQuestion, datasets: readonly Dataset[], stages: Stages): Promise<SearchAnswer> {
    const settings = question.settings ?? datasets[0]?.search;
    if (!settings) throw invalid('dataset_ids', 'There is no dataset to search.');
    const made = await this.made(question, datasets, settings, stages);
    const answer = await this.known(
      { ...question, filter: question.filter ?? made.filter },
      ...([datasets, settings, stages] as const),
    );
    const degraded = [made.degraded, answer.degraded].filter(Boolean).join(' ');
    return { ...answer, ...(made.filter && { filter: made.filter }), notes: made.notes, degraded };
  }

  /** What a model makes of the query, where one is to be asked. Without it the search goes on in all documents. */
  private async made(
    { call, query, filter, filterModel }: SearchQuestion,
    datasets: readonly Dataset[],
    settings: SearchSettings,
    stages: Stages,
  ): Promise<ReadFilter & { readonly degraded: string }> {
    const model = filterModel ?? settings.filter_model;
    let made: ReadFilter = { filter: undefined, notes: [] };
    if (!model || filter) return { ...made, degraded: '' };
    const trouble = new CollectedTrouble();
    await trouble.attempt(async () => {
      made = await stages.time('filter', () => this.filters.make(call, model, query, datasets));
    });
    const [why] = trouble.sentences;
    return { ...made, degraded: why ? `All documents were searched, since the model made no filter: ${why}` : '' };
  }

  private async known(
    question: SearchQuestion,
    datasets: readonly Dataset[],
    settings: SearchSettings,
    stages: Stages,
  ): Promise<SearchAnswer> {
    const key = JSON.stringify([
      question.call.tenantId,
      datasets.map(({ id, updatedAt, index }) => [id, updatedAt, index.indexId, index.revision]),
      ...[question.query, settings, question.filter, question.neighbours],
    ]);
    const known = this.answers.get(key);
    if (known) return { ...known, timings: stages.timings };
    const answer = await this.answer({ question, datasets, settings, stages, trouble: new CollectedTrouble() });
    if (answer.degraded === '') this.answers.set(key, answer);
    return answer;
  }

  private async answer(work: SearchWork): Promise<SearchAnswer> {
    const { settings, stages, trouble } = work;
    const lists = await this.candidates.find(work);
    const fused = await stages.time('fuse', async () => lists.fused());
    const ranked = await this.chunks.rerank(work, await this.chunks.read(work, fused, lists));
    const { score_threshold: threshold, top_k: most } = settings;
    const best = ranked.filter(({ score }) => threshold === undefined || score >= threshold).slice(0, most);
    const chunks = await this.chunks.withNeighbours(work, best);
    return { chunks, degraded: trouble.sentences.join(' '), notes: [], timings: stages.timings };
  }

  private async datasets({ call, datasetIds, filter }: SearchQuestion): Promise<Dataset[]> {
    const ids = [...new Set(datasetIds.map((id) => id.toLowerCase()))];
    const found = await this.parts.datasets.find(call.tenantId, ids.filter(isId));
    const datasets = ids.map((id) => {
      const dataset = found.find((one) => one.id === id);
      if (!dataset) throw notFound('dataset', id);
      return dataset;
    });
    for (const { field } of filter?.conditions ?? [])
      for (const { name, metadataFields } of datasets)
        if (!Object.hasOwn(metadataFields, field) && !Object.hasOwn(builtInFields, field))
          throw invalid('filter', `The dataset "${name}" has no metadata field "${field}". Name one of its fields.`);
    return datasets;
  }
}
