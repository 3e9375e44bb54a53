import { parentPort } from 'node:worker_threads';
import type { Hit } from '../../domain/vector-store.js';
import { type PackedPage, unpackPage } from './packed-page.js';
import { VectorArena } from './vector-arena.js';
import { type BlockQuery, VectorBlock } from './vector-block.js';

/** What the thread is asked to do with the block of an index. */
export type VectorCall =
  | { readonly call: 'open'; readonly index: string; readonly dimensions: number }
  | { readonly call: 'apply'; readonly index: string; readonly page: PackedPage }
  | { readonly call: 'count'; readonly index: string }
  | { readonly call: 'search'; readonly index: string; readonly query: BlockQuery }
  | { readonly call: 'close'; readonly index: string };

export interface VectorReply {
  /** Of a search. */
  readonly hits: readonly Hit[];
  /** What the block holds now. */
  readonly bytes: number;
  readonly isSparse: boolean;
  /** Points that it holds, disabled ones included. */
  readonly points: number;
}

/**
 * Runs in a thread of its own, so that a search of tens of milliseconds holds up nobody else. Runs from source as well: what it imports
 * is written in the part of TypeScript that Node only has to strip.
 */
const arena = new VectorArena();
const blocks = new Map<string, VectorBlock>();

function act(message: VectorCall): VectorReply {
  const { index } = message;
  if (message.call === 'open') {
    blocks.get(index)?.close();
    blocks.set(index, new VectorBlock(arena, message.dimensions));
  }
  const block = blocks.get(index);
  if (!block) throw new Error(`The index ${index} is not open.`);
  if (message.call === 'apply') block.apply(unpackPage(message.page, block.dimensions));
  const hits = message.call === 'search' ? block.search(message.query) : [];
  const reply = { hits, bytes: block.bytes, isSparse: block.isSparse, points: block.points };
  if (message.call === 'close') {
    block.close();
    blocks.delete(index);
  }
  return reply;
}

parentPort?.on('message', ({ id, message }: { readonly id: number; readonly message: VectorCall }) => {
  try {
    parentPort?.postMessage({ id, reply: act(message) });
  } catch (error) {
    parentPort?.postMessage({ id, error: String(error) });
  }
});
