export interface ChunkLimits {
  /** Longest chunk, in UTF-16 code units. */
  readonly size: number;
  /** Longest repetition of the chunk before, less than `size`. */
  readonly overlap: number;
}

/**
 * Cuts a text into chunks: at the best separator that makes its pieces short enough, pieces joined again while they fit. Pieces
 * keep their separator, so that chunks without overlap, put together, are the text. Chunks of nothing but space are left out.
 */
export function splitText(text: string, limits: ChunkLimits, separators: readonly string[]): string[] {
  const chunks: string[] = [];
  let current: string[] = [];
  let length = 0;
  for (const piece of piecesOf(text, limits.size, separators)) {
    if (length + piece.length > limits.size && length > 0) {
      chunks.push(current.join(''));
      current = tail(current, Math.min(limits.overlap, limits.size - piece.length));
      length = current.reduce((sum, kept) => sum + kept.length, 0);
    }
    current.push(piece);
    length += piece.length;
  }
  chunks.push(current.join(''));
  return chunks.filter((chunk) => chunk.trim() !== '');
}

/** The last pieces that are together no longer than `limit`. */
function tail(pieces: readonly string[], limit: number): string[] {
  let first = pieces.length;
  let length = 0;
  for (let at = pieces.length - 1; at >= 0; at--) {
    length += pieces[at]?.length ?? 0;
    if (length > limit) break;
    first = at;
  }
  return pieces.slice(first);
}

/** Pieces no longer than `size`, each cut at the first separator that is of use to it. */
function piecesOf(text: string, size: number, separators: readonly string[]): string[] {
  if (text.length <= size) return [text];
  const [separator, ...others] = separators;
  if (separator === undefined) return cutAnywhere(text, size);
  const parts = text.split(separator);
  return parts.flatMap((part, index) => {
    const piece = index < parts.length - 1 ? part + separator : part;
    return piece === '' ? [] : piecesOf(piece, size, others);
  });
}

function cutAnywhere(text: string, size: number): string[] {
  const pieces: string[] = [];
  for (let at = 0; at < text.length; ) {
    let end = Math.min(at + size, text.length);
    // Never between the halves of a character, unless it is longer than a chunk may be.
    if (isHighSurrogate(text, end - 1) && end < text.length && end - at > 1) end -= 1;
    pieces.push(text.slice(at, end));
    at = end;
  }
  return pieces;
}

function isHighSurrogate(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 0xd800 && code <= 0xdbff;
}
