import type { Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';

const unpackers = {
  br: createBrotliDecompress,
  deflate: createInflate,
  gzip: createGunzip,
  'x-gzip': createGunzip,
};

/**
 * The body as it was before its server packed it, piece by piece: whoever counts the pieces has the real size in hand. Encodings that
 * nobody asked for and nobody knows are left alone.
 */
export function unpacked(body: Readable, contentEncoding = ''): Readable {
  const encodings = contentEncoding.split(',').map((name) => name.trim().toLowerCase());
  let current = body;
  for (const name of encodings.reverse()) {
    if (!Object.hasOwn(unpackers, name)) return current;
    const packed = current;
    const next = unpackers[name as keyof typeof unpackers]();
    packed.once('error', (error) => next.destroy(error));
    next.once('close', () => packed.destroy());
    current = packed.pipe(next);
  }
  return current;
}
