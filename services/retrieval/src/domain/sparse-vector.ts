/** Weights by term id, ids ascending and each once. */
export interface SparseVector {
  /** Hashes of terms. */
  readonly indices: Uint32Array;
  /** As long as `indices`, each above zero. */
  readonly values: Float32Array;
}

export const noTerms: SparseVector = { indices: new Uint32Array(0), values: new Float32Array(0) };
