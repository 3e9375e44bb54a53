import { z } from 'zod';
import type { EmbedCall, Embeddings, Ranking, RerankCall } from '../../domain/provider.js';
import { inBatches } from '../wire/batches.js';
import type { Connection } from '../wire/connection.js';
import { notUnderstood } from '../wire/failures.js';
import type { OpenAiCompatibleOptions } from './options.js';
import { endpoint, headersOf } from './to-request.js';

const openAiBatch = 2_048;

const embeddingsSchema = z.object({
  data: z.array(z.object({ index: z.number(), embedding: z.array(z.number()) })),
  usage: z.object({ prompt_tokens: z.number().optional(), total_tokens: z.number().optional() }).optional(),
});

const rankingSchema = z.object({
  results: z.array(z.object({ index: z.number(), relevance_score: z.number() })),
  usage: z.object({ total_tokens: z.number().optional() }).nullish(),
  meta: z.object({ tokens: z.object({ input_tokens: z.number().optional() }).nullish() }).nullish(),
});

/** Asks `/embeddings`, as often as the number of texts makes necessary. */
export async function embed(
  connection: Connection,
  options: OpenAiCompatibleOptions,
  call: EmbedCall,
  signal: AbortSignal,
): Promise<Embeddings> {
  const { model, dimensions } = call;
  const path = endpoint(options, 'embeddings', model);
  return inBatches(call.texts, options.dialect?.embeddingBatch ?? openAiBatch, async (texts) => {
    const body = { model, input: texts, encoding_format: 'float', ...(dimensions > 0 && { dimensions }) };
    const request = { path, headers: headersOf(options), body: JSON.stringify(body) };
    const { data, usage } = await connection.json(request, embeddingsSchema, signal);
    const vectors = [...data].sort((a, b) => a.index - b.index).map(({ embedding }) => embedding);
    if (vectors.length !== texts.length) throw notUnderstood(options, 'gave another number of vectors than texts');
    return { vectors, inputTokens: usage?.prompt_tokens ?? usage?.total_tokens ?? 0 };
  });
}

/** Asks `/rerank`, which servers of this kind took over from Cohere and Jina. */
export async function rerank(
  connection: Connection,
  options: OpenAiCompatibleOptions,
  { model, query, documents, top }: RerankCall,
  signal: AbortSignal,
): Promise<Ranking> {
  const body = { model, query, documents, ...(top > 0 && { top_n: top }), return_documents: false };
  const request = { path: endpoint(options, 'rerank', model), headers: headersOf(options), body: JSON.stringify(body) };
  const { results, usage, meta } = await connection.json(request, rankingSchema, signal);
  const ranking = results
    .filter(({ index }) => index < documents.length)
    .map(({ index, relevance_score: score }) => ({ index, score }))
    .sort((a, b) => b.score - a.score);
  const inputTokens = usage?.total_tokens ?? meta?.tokens?.input_tokens ?? 0;
  return { ranking: top > 0 ? ranking.slice(0, top) : ranking, inputTokens, outputTokens: 0, warnings: [] };
}
