import { expect, it } from 'vitest';
import { denseFromBytes, denseToBytes, sparseFromBytes, sparseToBytes } from './sparse-vector.js';

it('reads what it wrote, also out of memory that is shared with others', () => {
  const dense = new Float32Array([1, -2.5, 3]);
  const sparse = { indices: new Uint32Array([1, 4_000_000_000]), values: new Float32Array([0.5, 2]) };
  const shared = Buffer.concat([Buffer.from('xxx'), denseToBytes(dense), sparseToBytes(sparse)]);
  expect(denseFromBytes(shared.subarray(3, 15))).toEqual(dense);
  expect(sparseFromBytes(shared.subarray(15))).toEqual(sparse);
});
