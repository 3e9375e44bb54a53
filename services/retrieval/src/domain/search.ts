import { FailureError, failureKind, toFailure } from '@treadle/failure';
import { builtInFields, type Dataset, invalid, isId, notFound } from './dataset.js';
import type { ModelCall, RetrievalModels } from './embeddings.js';
import { byReciprocalRank, byWeights, inOrder, type Ranked } from './fuse.js';
import type { GuardedStore } from './guarded-store.js';
import type { MetadataFilter } from './metadata-filter.js';
import type { ChunkInContext, ChunkRepository, DatasetRepository, DocumentRepository } from './ports.js';
import { Recent } from './recent.js';
import type { SearchSettings } from './search-settings.js';
import type { VectorProbe, VectorStore } from './vector-store.js';
import { sparseOfQuery } from './words.js';

export interface SearchQuestion {
  readonly call: ModelCall;
  readonly datasetIds: readonly string[];
  readonly query: string;
  /** Absent for those of the first dataset. */
  readonly settings?: SearchSettings;
  readonly filter: MetadataFilter | undefined;
  readonly neighbours: number;
}

export type Stage = 'datasets' | 'embed' | 'semantic' | 'full_text' | 'fuse' | 'chunks' | 'rerank' | 'fallback';

export interface FoundChunk extends ChunkInContext {
  readonly datasetName: string;
  readonly score: number;
  readonly scores: Readonly<Record<string, number>>;
  readonly parent?: { readonly id: string; readonly position: number; readonly content: string };
  readonly neighbours: readonly { readonly id: string; readonly position: number; readonly content: string }[];
}

export interface SearchAnswer {
  readonly chunks: readonly FoundChunk[];
  /** Empty for a whole answer. */
  readonly degraded: string;
  readonly timings: readonly { readonly stage: Stage; readonly milliseconds: number }[];
}

export interface SearchParts {
  readonly datasets: DatasetRepository;
  readonly documents: DocumentRepository;
  readonly chunks: ChunkRepository;
  readonly models: RetrievalModels;
  readonly store: VectorStore;
  readonly guarded: GuardedStore;
  readonly now: () => number;
  readonly limits: {
    readonly queryCharacters: number;
    readonly searchesPerTenant: number;
    /** For the whole search, where its caller gives no less. */
    readonly timeoutMs: number;
  };
}

const mostDatasets = 50;
const cacheMs = 60_000;

/** Scores of one chunk by the list that gave them. */
type Scores = Map<string, Record<string, number>>;

/** Finds chunks by meaning, by words or by both, in one or several datasets of a tenant. */
export class Search {
  private readonly vectors: Recent<Float32Array>;
  private readonly answers: Recent<SearchAnswer>;
  private readonly underWay = new Map<string, number>();

  constructor(private readonly parts: SearchParts) {
    this.vectors = new Recent(2000, 10 * cacheMs, parts.now);
    this.answers = new Recent(500, cacheMs, parts.now);
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

  private async run(question: SearchQuestion): Promise<SearchAnswer> {
    const stages = new Stages();
    const datasets = await stages.time('datasets', () => this.datasets(question));
    const settings = question.settings ?? datasets[0]?.search;
    if (!settings) throw invalid('dataset_ids', 'There is no dataset to search.');
    const key = JSON.stringify([
      question.call.tenantId,
      datasets.map(({ id, updatedAt, index }) => [id, updatedAt, index.indexId, index.revision]),
      ...[question.query, settings, question.filter, question.neighbours],
    ]);
    const known = this.answers.get(key);
    if (known) return { ...known, timings: stages.timings };
    const answer = await this.answer(question, datasets, settings, stages);
    if (answer.degraded === '') this.answers.set(key, answer);
    return { ...answer, timings: stages.timings };
  }

  private async answer(
    question: SearchQuestion,
    datasets: readonly Dataset[],
    settings: SearchSettings,
    stages: Stages,
  ) {
    const scores: Scores = new Map();
    const lists = new Lists(settings, scores);
    const degraded: string[] = [];
    if (settings.method !== 'full_text')
      await this.attempt(degraded, () => this.bySemantics(question, datasets, settings, lists, stages));
    if (settings.method !== 'semantic' || degraded.length > 0)
      await this.attempt(degraded, () => this.byWords(question, datasets, settings, lists, stages));
    if (degraded.length > 0 && !lists.hasWords) await this.fallBack(question, datasets, settings, lists, stages);
    const fused = await stages.time('fuse', async () => lists.fused());
    const found = await stages.time('chunks', () => this.chunks(datasets, fused, scores));
    const ranked = settings.rerank ? await this.rerank(question, settings, found, degraded, stages) : found;
    const { score_threshold: threshold, top_k: most } = settings;
    const best = ranked.filter(({ score }) => threshold === undefined || score >= threshold).slice(0, most);
    const chunks = await this.withNeighbours(question, datasets, best);
    return { chunks, degraded: [...new Set(degraded)].join(' '), timings: [] };
  }

  /** The world's trouble makes the answer less; every other failure is the caller's or ours. */
  private async attempt(degraded: string[], work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const { code, message } = toFailure(error);
      if (failureKind(code) !== 'world' && code !== 'model_not_found') throw error;
      degraded.push(message);
    }
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

  private async bySemantics(
    question: SearchQuestion,
    datasets: readonly Dataset[],
    settings: SearchSettings,
    lists: Lists,
    stages: Stages,
  ): Promise<void> {
    const searched = datasets.filter(({ index }) => index.space.model !== '' && index.space.dimensions > 0);
    const probes = await stages.time('embed', () =>
      Promise.all(searched.map((dataset) => this.vector(question, dataset))),
    );
    await stages.time('semantic', () =>
      Promise.all(
        searched.map(async (dataset, place) => {
          const dense = probes[place];
          if (dense) lists.add('semantic', await this.hits(question, dataset, { dense }, settings));
        }),
      ),
    );
  }

  private async byWords(
    question: SearchQuestion,
    datasets: readonly Dataset[],
    settings: SearchSettings,
    lists: Lists,
    stages: Stages,
  ): Promise<void> {
    const sparse = sparseOfQuery(question.query);
    const found = await stages.time('full_text', () =>
      Promise.all(datasets.map((dataset) => this.hits(question, dataset, { sparse }, settings))),
    );
    for (const hits of found) lists.add('full_text', hits);
    lists.hasWords = true;
  }

  private async fallBack(
    { query, filter, call }: SearchQuestion,
    datasets: readonly Dataset[],
    { candidates }: SearchSettings,
    lists: Lists,
    stages: Stages,
  ): Promise<void> {
    const { timeoutMs } = this.parts.limits;
    const left = call.deadlineUnixMs > 0 ? call.deadlineUnixMs - this.parts.now() : timeoutMs;
    const options = { limit: candidates, filter, timeoutMs: Math.max(50, Math.min(timeoutMs, left)) };
    lists.add('full_text', await stages.time('fallback', () => this.parts.chunks.byWords(datasets, query, options)));
  }

  private async vector({ call, query }: SearchQuestion, { index }: Dataset): Promise<Float32Array | undefined> {
    const { provider, model } = index.space;
    const key = JSON.stringify([call.tenantId, provider, model, query]);
    const known = this.vectors.get(key);
    if (known) return known;
    const [vector] = await this.parts.models.embed(call, index.space, 'query', [query]);
    if (vector) this.vectors.set(key, vector);
    return vector;
  }

  private async hits({ filter }: SearchQuestion, dataset: Dataset, probe: VectorProbe, { candidates }: SearchSettings) {
    const { store, guarded, documents } = this.parts;
    const understood = !filter || store.understands(filter);
    const narrowed = understood ? { filter } : { documentIds: await documents.matching(dataset, filter) };
    // A few more than wanted: the store may hold points that are gone.
    return guarded.search(dataset.index, { probe, limit: candidates + 10, ...narrowed });
  }

  private async chunks(datasets: readonly Dataset[], fused: Ranked, scores: Scores): Promise<FoundChunk[]> {
    const { chunks } = this.parts;
    const rows = await chunks.inContext(
      datasets,
      fused.map(({ id }) => id),
    );
    const byId = new Map(rows.map((row) => [row.id, row]));
    const parents = await this.parents(datasets, rows);
    const seen = new Set<string>();
    return fused.flatMap(({ id, score }) => {
      const row = byId.get(id);
      // Of the parts of one whole the best stands for all.
      if (!row || (row.parentId && seen.has(row.parentId))) return [];
      seen.add(row.parentId);
      const datasetName = datasets.find((dataset) => dataset.id === row.datasetId)?.name ?? '';
      const parent = parents.get(row.parentId);
      return [{ ...row, datasetName, score, scores: scores.get(id) ?? {}, neighbours: [], ...(parent && { parent }) }];
    });
  }

  private async parents(datasets: readonly Dataset[], rows: readonly ChunkInContext[]) {
    const found = await Promise.all(
      datasets.map(async (dataset) => {
        const ids = rows
          .filter(({ datasetId, parentId }) => datasetId === dataset.id && parentId)
          .map(({ parentId }) => parentId);
        return ids.length > 0 ? this.parts.chunks.parents(dataset, ids) : [];
      }),
    );
    return new Map(found.flat().map((parent) => [parent.id, parent]));
  }

  private async rerank(
    { call, query }: SearchQuestion,
    { rerank, candidates }: SearchSettings,
    found: readonly FoundChunk[],
    degraded: string[],
    stages: Stages,
  ): Promise<readonly FoundChunk[]> {
    const asked = found.slice(0, candidates);
    if (!rerank || asked.length === 0) return found;
    let ranked: readonly FoundChunk[] = found;
    await this.attempt(degraded, async () => {
      const texts = asked.map(({ content, answer, parent }) =>
        [parent?.content ?? content, answer].filter(Boolean).join('\n'),
      );
      const ranking = await stages.time('rerank', () => this.parts.models.rerank(call, rerank, query, texts));
      ranked = ranking.flatMap(({ index, score }) => {
        const chunk = asked[index];
        return chunk ? [{ ...chunk, score, scores: { ...chunk.scores, reranked: score } }] : [];
      });
    });
    return ranked;
  }

  private async withNeighbours(
    { neighbours }: SearchQuestion,
    datasets: readonly Dataset[],
    best: readonly FoundChunk[],
  ) {
    if (neighbours === 0) return best;
    return Promise.all(
      best.map(async (chunk) => {
        const dataset = datasets.find(({ id }) => id === chunk.datasetId);
        return { ...chunk, neighbours: dataset ? await this.parts.chunks.around(dataset, chunk, neighbours) : [] };
      }),
    );
  }
}

/** The lists of a search and what comes of them. */
class Lists {
  hasWords = false;
  private readonly lists = { semantic: [] as Ranked[], full_text: [] as Ranked[] };

  constructor(
    private readonly settings: SearchSettings,
    private readonly scores: Scores,
  ) {}

  add(kind: 'semantic' | 'full_text', list: Ranked): void {
    this.lists[kind].push(list.map(({ id, score }) => ({ id, score })));
    for (const { id, score } of list) this.scores.set(id, { ...this.scores.get(id), [kind]: score });
  }

  /** Datasets of one list are put together by score, then both lists are fused. */
  fused(): Ranked {
    const { method, fusion, semantic_weight: weight, candidates } = this.settings;
    const [semantic, words] = [this.lists.semantic, this.lists.full_text].map((lists) => inOrder(lists.flat()));
    if (method !== 'hybrid' || !semantic?.length || !words?.length) return (semantic?.length ? semantic : words) ?? [];
    const both = [semantic, words].map((list) => list.slice(0, candidates));
    const fused =
      fusion === 'weighted'
        ? byWeights(both.map((list, place) => ({ list, weight: place === 0 ? weight : 1 - weight })))
        : byReciprocalRank(both);
    for (const { id, score } of fused) this.scores.set(id, { ...this.scores.get(id), fused: score });
    return fused;
  }
}

/** How long each stage took. */
class Stages {
  readonly timings: { stage: Stage; milliseconds: number }[] = [];

  async time<T>(stage: Stage, work: () => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    try {
      return await work();
    } finally {
      this.timings.push({ stage, milliseconds: Math.round((performance.now() - startedAt) * 100) / 100 });
    }
  }
}
