import { z } from 'zod';
import { CallSignal } from '../../domain/call-signal.js';
import type { EmbedCall, Embeddings, ModelCall, ModelPart, Provider } from '../../domain/provider.js';
import { inBatches } from '../wire/batches.js';
import { Connection } from '../wire/connection.js';
import { pathOf } from '../wire/server-options.js';
import { OllamaReader } from './from-stream.js';
import type { OllamaOptions } from './options.js';
import { headersOf, toRequest } from './to-request.js';

const batchSize = 64;
const tagsSchema = z.object({ models: z.array(z.object({ name: z.string() })).default([]) });
const embeddingsSchema = z.object({
  embeddings: z.array(z.array(z.number())),
  prompt_eval_count: z.number().optional(),
});

/** A server of Ollama, by its own protocol. */
export class OllamaProvider implements Provider {
  readonly name: string;
  readonly kind: string;
  private readonly connection: Connection;

  constructor(private readonly options: OllamaOptions) {
    this.name = options.name;
    this.kind = options.kind;
    this.connection = new Connection(options);
  }

  async listModels(): Promise<readonly string[]> {
    const request = { path: pathOf(this.options.baseUrl, 'api/tags'), headers: headersOf(this.options) };
    const { models } = await this.connection.json(request, tagsSchema);
    return models.map(({ name }) => name);
  }

  async *chat(call: ModelCall): AsyncGenerator<ModelPart> {
    using stop = new CallSignal(call.signal, call.deadlineUnixMs);
    try {
      const { warnings, ...request } = toRequest(call, this.options);
      const response = await this.connection.open(request, stop.signal);
      yield* this.connection.parts(response, 'lines', new OllamaReader(this.options), warnings);
    } catch (error) {
      throw stop.explain(error);
    }
  }

  async embed({ model, texts, dimensions, ...call }: EmbedCall): Promise<Embeddings> {
    using stop = new CallSignal(call.signal, call.deadlineUnixMs);
    const path = pathOf(this.options.baseUrl, 'api/embed');
    const work = inBatches(texts, batchSize, async (input) => {
      const body = JSON.stringify({ model, input, ...(dimensions > 0 && { dimensions }) });
      const request = { path, headers: headersOf(this.options), body };
      const answer = await this.connection.json(request, embeddingsSchema, stop.signal);
      return { vectors: answer.embeddings, inputTokens: answer.prompt_eval_count ?? 0 };
    });
    return await stop.instead(work);
  }

  async close(when: 'now' | 'idle'): Promise<void> {
    await this.connection.close(when);
  }
}
