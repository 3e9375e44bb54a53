import { FailureError } from '@treadle/failure';
import { CallSignal } from '../../domain/call-signal.js';
import type { EmbedCall, Embeddings, ModelPart, Provider } from '../../domain/provider.js';
import { EmbeddingThread } from './embedding-thread.js';

const model = 'embeddings-en';
/** Few enough that a call which is given up ends soon, and others have their turn. */
const batchSize = 8;
const dimensions = 512;

/** An embedding model for English in this process: it needs neither key nor network. */
export class LocalProvider implements Provider {
  readonly kind = 'local';
  private readonly thread = new EmbeddingThread();

  constructor(readonly name = 'local') {}

  async listModels(): Promise<readonly string[]> {
    return [model];
  }

  chat(): AsyncIterable<ModelPart> {
    throw FailureError.of('model_not_found', `The local model only makes vectors. Name another for chat.`, {
      field: 'model',
    });
  }

  async embed(call: EmbedCall): Promise<Embeddings> {
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

  async close(): Promise<void> {
    await this.thread.close();
  }
}
