import type { ModelServiceService } from '@treadle/contracts';
import type { Handlers } from '@treadle/grpc';
import type { ModelCall, RetrievalModels } from '../domain/embeddings.js';

type Models = Pick<Handlers<typeof ModelServiceService>, 'embed' | 'rerank'>;

/** Embeddings and reranking by the model proxy. */
export class GrpcModels implements RetrievalModels {
  constructor(private readonly models: Models) {}

  async embed(
    call: ModelCall,
    model: { readonly provider: string; readonly model: string },
    purpose: 'document' | 'query',
    texts: readonly string[],
  ): Promise<Float32Array[]> {
    const request = {
      ...call,
      model: { provider: model.provider, model: model.model },
      route: '',
      purpose,
      dimensions: 0,
    };
    const { embeddings } = await this.models.embed({ ...request, texts: [...texts] });
    return embeddings.map(({ values }) => Float32Array.from(values));
  }

  async rerank(
    call: ModelCall,
    model: { readonly provider: string; readonly model: string },
    query: string,
    texts: readonly string[],
  ): Promise<{ readonly index: number; readonly score: number }[]> {
    const request = { ...call, model: { provider: model.provider, model: model.model }, route: '', query, top: 0 };
    const { ranking } = await this.models.rerank({ ...request, documents: [...texts] });
    return ranking.map(({ index, score }) => ({ index, score }));
  }
}
