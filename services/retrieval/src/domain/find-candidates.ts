import type { LRUCache } from 'lru-cache';
import { CandidateLists } from './candidate-lists.js';
import type { Dataset } from './dataset.js';
import type { SearchParts, SearchQuestion, SearchWork } from './search-answer.js';
import type { VectorQuery } from './vector-store.js';
import { sparseOfQuery } from './words.js';

/** A few more than wanted: the store may hold points that are gone. */
const spare = 10;

/** Asks the store, and PostgreSQL where the store is away, for chunks that may answer. */
export class FindCandidates {
  /** @param vectors those of queries. */
  constructor(
    private readonly parts: SearchParts,
    private readonly vectors: LRUCache<string, Float32Array>,
  ) {}

  async find(work: SearchWork): Promise<CandidateLists> {
    const { settings, trouble } = work;
    const lists = new CandidateLists(settings);
    let probes: readonly Probe[] = [];
    let hasWords = false;
    if (settings.method !== 'full_text')
      await trouble.attempt(async () => {
        probes = await this.byMeaning(work, lists);
      });
    if (settings.method !== 'semantic' || trouble.sentences.length > 0)
      await trouble.attempt(async () => {
        await this.byWords(work, lists);
        hasWords = true;
      });
    if (trouble.sentences.length > 0 && !hasWords) await this.fallBack(work, lists);
    else if (settings.method === 'hybrid') await trouble.attempt(() => this.complete(work, lists, probes));
    return lists;
  }

  private async byMeaning(work: SearchWork, lists: CandidateLists): Promise<readonly Probe[]> {
    const { question, datasets, settings, stages } = work;
    const searched = datasets.filter(({ index }) => index.space.model !== '' && index.space.dimensions > 0);
    const probes = await stages.time('embed', () =>
      Promise.all(searched.map((dataset) => this.probe(question, dataset))),
    );
    const known = probes.flatMap((probe) => (probe ? [probe] : []));
    const limit = settings.candidates + spare;
    await stages.time('semantic', () =>
      Promise.all(
        known.map(async ({ dataset, dense }) =>
          lists.add('semantic', await this.hits(question, dataset, { probe: { dense }, limit })),
        ),
      ),
    );
    return known;
  }

  private async byWords({ question, datasets, settings, stages }: SearchWork, lists: CandidateLists): Promise<void> {
    const sparse = sparseOfQuery(question.query);
    const limit = settings.candidates + spare;
    const found = await stages.time('full_text', () =>
      Promise.all(datasets.map((dataset) => this.hits(question, dataset, { probe: { sparse }, limit }))),
    );
    for (const hits of found) lists.add('full_text', hits);
  }

  /**
   * What was found by words only is scored by meaning too. Otherwise it would count as having no meaning at all, when in truth it is only
   * not among the nearest.
   */
  private async complete(work: SearchWork, lists: CandidateLists, probes: readonly Probe[]): Promise<void> {
    const ids = lists.withoutMeaning();
    if (ids.length === 0 || probes.length === 0) return;
    await work.stages.time('complete', () =>
      Promise.all(
        probes.map(async ({ dataset, dense }) =>
          lists.add(
            'semantic',
            await this.parts.guarded.search(dataset.index, { probe: { dense }, limit: ids.length, ids }),
          ),
        ),
      ),
    );
  }

  private async fallBack({ question, datasets, settings, stages }: SearchWork, lists: CandidateLists): Promise<void> {
    const { query, filter, call } = question;
    const { timeoutMs } = this.parts.limits;
    const left = call.deadlineUnixMs > 0 ? call.deadlineUnixMs - this.parts.now() : timeoutMs;
    const options = { limit: settings.candidates, filter, timeoutMs: Math.max(50, Math.min(timeoutMs, left)) };
    lists.add('full_text', await stages.time('fallback', () => this.parts.chunks.byWords(datasets, query, options)));
  }

  private async probe({ call, query }: SearchQuestion, dataset: Dataset): Promise<Probe | undefined> {
    const { space } = dataset.index;
    const key = JSON.stringify([call.tenantId, space.provider, space.model, query]);
    const known = this.vectors.get(key);
    if (known) return { dataset, dense: known };
    const [dense] = await this.parts.models.embed(call, space, 'query', [query]);
    if (dense) this.vectors.set(key, dense);
    return dense && { dataset, dense };
  }

  private async hits({ filter }: SearchQuestion, dataset: Dataset, query: Pick<VectorQuery, 'probe' | 'limit'>) {
    // Nothing to find, and perhaps no copy to look into yet.
    if (dataset.chunks === 0) return [];
    const { store, guarded, documents } = this.parts;
    const understood = !filter || store.understands(filter);
    const narrowed = understood
      ? { ...(filter && { filter }) }
      : { documentIds: await documents.matching(dataset, filter) };
    return guarded.search(dataset.index, { ...query, ...narrowed });
  }
}

interface Probe {
  readonly dataset: Dataset;
  readonly dense: Float32Array;
}
