/** How closely Qdrant looks: what it misses of the nearest for what it saves of time. Only for vectors; words are always exact. */
export interface SearchAccuracy {
  /** How many candidates the graph keeps while it is walked (Qdrant's `hnsw_ef`). */
  readonly hnswEf: number;
  /** Of quantised collections: whether what was found is scored again with the original vectors. */
  readonly rescore: boolean;
  /** Of quantised collections: how many candidates are scored again for each hit. */
  readonly oversampling: number;
}

/** Above what Qdrant takes by itself (100), since graphs of a tenant and an index are small. */
export const defaultAccuracy: SearchAccuracy = { hnswEf: 128, rescore: true, oversampling: 2 };

/** As Qdrant's `params` of a query. */
export function toSearchParams({ hnswEf, rescore, oversampling }: SearchAccuracy, isQuantized: boolean) {
  return { hnsw_ef: hnswEf, ...(isQuantized && { quantization: { rescore, ...(rescore && { oversampling }) } }) };
}
