import { FailureError } from '@treadle/failure';
import type { Embeddings } from '../../domain/provider.js';

interface Batch {
  readonly vectors: readonly (readonly number[])[];
  readonly inputTokens: number;
}

/** How many batches of one call are on their way at once. */
const together = 4;

/** Vectors for any number of texts from a server that takes `size` at a time, in the order of the texts. */
export async function inBatches(
  texts: readonly string[],
  size: number,
  embed: (texts: readonly string[]) => Promise<Batch>,
): Promise<Embeddings> {
  const parts = Array.from({ length: Math.ceil(texts.length / size) }, (_, at) =>
    texts.slice(at * size, (at + 1) * size),
  );
  const batches: Batch[] = [];
  try {
    for (let at = 0; at < parts.length; at += together)
      batches.push(...(await Promise.all(parts.slice(at, at + together).map(embed))));
  } catch (error) {
    throw parts.length > 1 ? oneOfSeveral(error) : error;
  }
  return {
    vectors: batches.flatMap(({ vectors }) => vectors),
    inputTokens: batches.reduce((sum, { inputTokens }) => sum + inputTokens, 0),
    outputTokens: 0,
    warnings: [],
  };
}

/** Says that the other batches may have been answered, and billed, though this one was not. */
function oneOfSeveral(error: unknown): unknown {
  if (!(error instanceof FailureError)) return error;
  const { failure } = error;
  return new FailureError({ ...failure, details: { ...failure.details, oneOfSeveral: true } }, { cause: error });
}
