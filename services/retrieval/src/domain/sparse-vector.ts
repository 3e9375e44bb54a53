/** Weights by term id, ids ascending and each once. */
export interface SparseVector {
  /** Hashes of terms. */
  readonly indices: Uint32Array;
  /** As long as `indices`, each above zero. */
  readonly values: Float32Array;
}

export const noTerms: SparseVector = { indices: new Uint32Array(0), values: new Float32Array(0) };

/** All ids, then all weights, little endian; four bytes each. */
export function sparseToBytes({ indices, values }: SparseVector): Buffer {
  const bytes = Buffer.alloc(indices.length * 8);
  for (const [place, index] of indices.entries()) {
    bytes.writeUInt32LE(index, place * 4);
    bytes.writeFloatLE(values[place] ?? 0, (indices.length + place) * 4);
  }
  return bytes;
}

export function sparseFromBytes(bytes: Uint8Array): SparseVector {
  // Not `slice`, which for a Buffer is a view of memory that it shares.
  const copy = new Uint8Array(bytes);
  const length = copy.byteLength / 8;
  return {
    indices: new Uint32Array(copy.buffer, 0, length),
    values: new Float32Array(copy.buffer, length * 4, length),
  };
}

export function denseToBytes(vector: Float32Array): Buffer {
  return Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength);
}

export function denseFromBytes(bytes: Uint8Array): Float32Array {
  return new Float32Array(new Uint8Array(bytes).buffer);
}
