import { FailureError } from '@treadle/failure';
import { type Chunking, cut } from './chunking.js';
import type { RowToCut } from './index-work.js';

/** Parents before their parts. @throws FailureError `limit_exceeded` */
export function rowsOf(text: string, chunking: Chunking): RowToCut[] {
  const rows: RowToCut[] = [];
  for (const { content, answer, children } of cut(text, chunking)) {
    const parent = rows.push({ content, answer, isParent: children.length > 0 }) - 1;
    for (const child of children) rows.push({ content: child, answer: '', isParent: false, parent });
  }
  if (rows.length <= mostChunksOfPart) return rows;
  throw FailureError.of(
    'limit_exceeded',
    `A part of the text makes ${rows.length} chunks, where ${mostChunksOfPart} are allowed. Choose longer chunks.`,
  );
}

const mostChunksOfPart = 50_000;
