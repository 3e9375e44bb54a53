import { FailureError } from '@treadle/failure';
import { CallSignal } from '../../domain/call-signal.js';
import type { EmbedCall, Embeddings, ModelPart, Provider, Ranking, RerankCall } from '../../domain/provider.js';
import { EmbeddingThread } from './embedding-thread.js';
import { SoftTermsReranker } from './soft-terms-reranker.js';

const embeddingModel = 'embeddings-en';
const rerankingModel = 'soft-terms';
/** Few enough that a call which is given up ends soon, and others have their turn. */
const batchSize = 8;
const dimensions = 512;

/** An embedding model for English in this process, and a reranker by rules with its vectors: they need neither key nor network. */
export class LocalProvider implements Provider {
  readonly kind = 'local';
  private readonly thread = new EmbeddingThread();
  private readonly reranker = new SoftTermsReranker((texts) => this.thread.embed(texts));

  constructor(readonly name = 'local') {}

  async listModels(): Promise<readonly string[]> {
    return [embeddingModel, rerankingModel];
  }

  chat(): AsyncIterable<ModelPart> {
    throw notFound('The local models only make vectors and put texts in order. Name another for chat.');
  }

  async embed(call: EmbedCall): Promise<Embeddings> {
    if (call.model === rerankingModel)
      throw notFound(`The local model "${rerankingModel}" makes no vectors. Name "${embeddingModel}".`);
    if (call.dimensions !== 0 && call.dimensions !== dimensions) {
      const message = `The local model makes vectors of ${dimensions} numbers, not ${call.dimensions}.`;
      throw FailureError.of('invalid_argument', message, { field: 'dimensions' });
    }
    using stop = new CallSignal(call.signal, call.deadlineUnixMs);
    const vectors: number[][] = [];
    for (let at = 0; at < call.texts.length; at += batchSize) {
      if (stop.failure) throw stop.failure;
      vectors.push(...(await this.thread.embed(call.texts.slice(at, at + batchSize))));
    }
    return { vectors, inputTokens: 0, outputTokens: 0, warnings: [] };
  }

  async rerank(call: RerankCall): Promise<Ranking> {
    if (call.model !== rerankingModel)
      throw notFound(`The local model "${call.model}" puts nothing in order. Name "${rerankingModel}".`);
    using stop = new CallSignal(call.signal, call.deadlineUnixMs);
    return await stop.instead(this.reranker.rerank(call, stop.signal));
  }

  async close(): Promise<void> {
    await this.thread.close();
  }
}

function notFound(message: string): FailureError {
  return FailureError.of('model_not_found', message, { field: 'model' });
}
