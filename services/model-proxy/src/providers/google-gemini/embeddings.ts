import { z } from 'zod';
import type { EmbedCall, Embeddings } from '../../domain/provider.js';
import { inBatches } from '../wire/batches.js';
import type { Connection } from '../wire/connection.js';
import { notUnderstood } from '../wire/failures.js';
import { pathOf } from '../wire/server-options.js';
import type { GeminiOptions } from './options.js';
import { headersOf } from './to-request.js';

const batchSize = 100;
const taskTypes = { document: 'RETRIEVAL_DOCUMENT', query: 'RETRIEVAL_QUERY' } as const;

const embeddingsSchema = z.object({ embeddings: z.array(z.object({ values: z.array(z.number()) })) });

/** Asks `batchEmbedContents`, which does not say what it used. */
export async function embed(
  connection: Connection,
  options: GeminiOptions,
  { model, texts, dimensions, purpose }: EmbedCall,
  signal: AbortSignal,
): Promise<Embeddings> {
  const path = pathOf(options.baseUrl, `models/${encodeURIComponent(model)}:batchEmbedContents`);
  const common = {
    model: `models/${model}`,
    ...(purpose && { taskType: taskTypes[purpose] }),
    ...(dimensions > 0 && { outputDimensionality: dimensions }),
  };
  return inBatches(texts, batchSize, async (batch) => {
    const requests = batch.map((text) => ({ ...common, content: { parts: [{ text }] } }));
    const request = { path, headers: headersOf(options), body: JSON.stringify({ requests }) };
    const { embeddings } = await connection.json(request, embeddingsSchema, signal);
    if (embeddings.length !== batch.length) throw notUnderstood(options, 'gave another number of vectors than texts');
    return { vectors: embeddings.map(({ values }) => values), inputTokens: 0 };
  });
}
