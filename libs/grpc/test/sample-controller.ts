import { setTimeout as delay } from 'node:timers/promises';
import {
  ChatRequest,
  type ChatResponse,
  EmbedResponse,
  type ListModelsRequest,
  type ListModelsResponse,
  type ModelServiceService,
  RerankResponse,
  type ResolveModelRequest,
  type ResolveModelResponse,
} from '@treadle/contracts';
import { type Failure, FailureError } from '@treadle/failure';
import type { CallOptions, Handlers } from '../src/index.js';

const never = () => new Promise<never>(() => undefined);

/** Does what the model name of a request says. It remembers what the specs ask about. */
export class SampleController implements Handlers<typeof ModelServiceService> {
  fails: Failure | undefined;
  written = 0;
  stopped = 0;
  running = 0;
  seenTraceparent: string | undefined;

  async listModels(request: ListModelsRequest, options?: CallOptions): Promise<ListModelsResponse> {
    this.seenTraceparent = options?.traceparent;
    return { models: [{ provider: 'sample', model: request.tenantId }], routes: [] };
  }

  async resolveModel(request: ResolveModelRequest): Promise<ResolveModelResponse> {
    const model = request.model?.model ?? '';
    if (model === 'hang') return never();
    if (model === 'bug') throw new TypeError('secret internals');
    if (this.fails) throw new FailureError(this.fails);
    return { servedBy: request.model, warning: model };
  }

  async embed(): Promise<EmbedResponse> {
    return EmbedResponse.fromPartial({});
  }

  async rerank(): Promise<RerankResponse> {
    return RerankResponse.fromPartial({});
  }

  async *chat(request: ChatRequest, options?: CallOptions): AsyncGenerator<ChatResponse> {
    this.running += 1;
    try {
      const count = Number(request.parametersJson || '3');
      for (let index = 0; index < count; index += 1) {
        this.written += 1;
        yield { part: { $case: 'text', value: `${request.messages[0]?.text ?? ''}${index}` } };
      }
      if (request.model?.model === 'deaf') await never();
      if (request.model?.model === 'hang') await delay(3_600_000, undefined, { signal: options?.signal });
      if (request.model?.model === 'bug') throw new TypeError('secret internals');
      if (this.fails) throw new FailureError(this.fails);
      yield { part: { $case: 'finished', value: { finishReason: 'stop', usage: undefined, warnings: [] } } };
    } finally {
      this.running -= 1;
      this.stopped += 1;
    }
  }
}

/** A chat request of which only the model, the number of messages and their text matter. */
export function chatRequest(model: string, messages = 3, text = 'word'): ChatRequest {
  return ChatRequest.fromPartial({
    model: { provider: '', model },
    messages: [{ role: 'user', text }],
    parametersJson: String(messages),
  });
}
