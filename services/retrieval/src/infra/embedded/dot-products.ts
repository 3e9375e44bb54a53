import { Instance, Module, type WasmMemory } from './web-assembly.js';

/** `dot-products.wat`, assembled (`wat2wasm` of wabt makes the same bytes). Vector instructions: four times as fast as a loop over a Float32Array. */
const bytes =
  'AGFzbQEAAAABCQFgBX9/f39/AAINAQFtBm1lbW9yeQIAAQMCAQAHCAEEZG90cwAACp8CAZwCAgR7An8DQCABRQRADwv9DAAAAAAAAAAAAAAAAAAAAAAhBf0MAAAAAAAAAAAAAAAAAAAAACEG/QwAAAAAAAAAAAAAAAAAAAAAIQf9DAAAAAAAAAAAAAAAAAAAAAAhCCADIQkgACACaiEKA0AgBSAA/QAEACAJ/QAEAP3mAf3kASEFIAYgAP0ABBAgCf0ABBD95gH95AEhBiAHIAD9AAQgIAn9AAQg/eYB/eQBIQcgCCAA/QAEMCAJ/QAEMP3mAf3kASEIIABBwABqIQAgCUHAAGohCSAAIApJDQALIAUgBv3kASAHIAj95AH95AEhBSAEIAX9HwAgBf0fAZIgBf0fAiAF/R8DkpI4AgAgBEEEaiEEIAFBAWshAQwACws=';

/** Writes the products of the query with `count` rows of `rowBytes` each (a multiple of 64) to `out`, as 32-bit floats; all by address. */
export type DotProducts = (rows: number, count: number, rowBytes: number, query: number, out: number) => void;

export function dotProducts(memory: WasmMemory): DotProducts {
  const instance = new Instance(new Module(Buffer.from(bytes, 'base64')), { m: { memory } });
  return instance.exports['dots'] as DotProducts;
}
