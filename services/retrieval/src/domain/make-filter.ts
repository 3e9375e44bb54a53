import { FailureError } from '@treadle/failure';
import { LRUCache } from 'lru-cache';
import type { Dataset } from './dataset.js';
import type { ModelCall, NamedModel, RetrievalModels } from './embeddings.js';
import { commonFields, filterPrompt, type ReadFilter, readFilter } from './model-filter.js';

const cacheMs = 60_000;
/** What is left for the search itself where the caller's time is short. */
const share = 0.7;

/** Lets a chat model turn questions into conditions on metadata. The same question is asked once a minute at most. */
export class MakeFilter {
  private readonly made: LRUCache<string, ReadFilter>;

  constructor(
    private readonly models: RetrievalModels,
    private readonly timeoutMs: number,
    private readonly now: () => number,
  ) {
    this.made = new LRUCache({ max: 500, ttl: cacheMs, perf: { now }, ttlResolution: 0 });
  }

  /** Throws FailureError when the model is away, too slow, or answers something else. */
  async make(call: ModelCall, model: NamedModel, query: string, datasets: readonly Dataset[]): Promise<ReadFilter> {
    const fields = commonFields(datasets);
    const key = JSON.stringify([call.tenantId, model, query, [...fields]]);
    const known = this.made.get(key);
    if (known) return known;
    const { system, schema } = filterPrompt(fields, new Date(this.now()));
    const left = call.deadlineUnixMs > 0 ? (call.deadlineUnixMs - this.now()) * share : this.timeoutMs;
    const timeoutMs = Math.max(1, Math.floor(Math.min(this.timeoutMs, left)));
    const text = await this.models.answer(call, model, { system, query, schema, timeoutMs });
    const read = readFilter(text, fields);
    if (!read) throw FailureError.of('provider_error', 'The model answered with something else than conditions.');
    this.made.set(key, read);
    return read;
  }
}
