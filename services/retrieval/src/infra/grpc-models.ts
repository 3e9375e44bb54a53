import type { ChatRequest, ModelServiceService } from '@treadle/contracts';
import { FailureError } from '@treadle/failure';
import type { Handlers } from '@treadle/grpc';
import type { JsonQuestion, ModelCall, NamedModel, RetrievalModels } from '../domain/embeddings.js';

type Models = Pick<Handlers<typeof ModelServiceService>, 'chat' | 'embed' | 'rerank'>;

/** Embeddings, reranking and answers by the model proxy. */
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

  async answer(call: ModelCall, model: NamedModel, { timeoutMs, ...question }: JsonQuestion): Promise<string> {
    const signal = AbortSignal.timeout(timeoutMs);
    let text = '';
    try {
      for await (const { part } of this.models.chat(chatRequest(call, model, question), { signal }))
        if (part?.$case === 'text') text += part.value;
    } catch (error) {
      if (!signal.aborted) throw error;
      throw FailureError.of('deadline_exceeded', `The model "${model.model}" did not answer within ${timeoutMs} ms.`);
    }
    return text;
  }
}

function chatRequest(call: ModelCall, model: NamedModel, question: Omit<JsonQuestion, 'timeoutMs'>): ChatRequest {
  const { system, query, schema } = question;
  const none = { parts: [], toolCalls: [], toolCallId: '' };
  const messages = [
    { role: 'system', text: system, ...none },
    { role: 'user', text: query, ...none },
  ];
  return {
    ...{ ...call, messages, model: { ...model } },
    responseFormat: { type: 'json_schema', name: 'filter', schemaJson: JSON.stringify(schema), strict: true },
    ...{ parametersJson: '{}', idempotencyKey: '', route: '', routingKey: '', hint: '', whole: true },
    ...{ tools: [], toolChoice: '', reasoning: undefined, cache: undefined },
  };
}
