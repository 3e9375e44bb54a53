import { z } from 'zod';
import { CallSignal } from '../../domain/call-signal.js';
import type { EmbedCall, Embeddings, ModelCall, ModelPart, Provider } from '../../domain/provider.js';
import { Connection } from '../wire/connection.js';
import { pathOf } from '../wire/server-options.js';
import { embed } from './embeddings.js';
import { readGeminiError } from './failures.js';
import { GenerateContentReader } from './from-stream.js';
import type { GeminiOptions } from './options.js';
import { headersOf, toRequest } from './to-request.js';

const modelListSchema = z.object({ models: z.array(z.object({ name: z.string() })).default([]) });

/** Google's Gemini API. */
export class GoogleGeminiProvider implements Provider {
  readonly name: string;
  readonly kind: string;
  private readonly connection: Connection;

  constructor(private readonly options: GeminiOptions) {
    this.name = options.name;
    this.kind = options.kind;
    this.connection = new Connection(options, readGeminiError);
  }

  async listModels(): Promise<readonly string[]> {
    const path = `${pathOf(this.options.baseUrl, 'models')}?pageSize=1000`;
    const { models } = await this.connection.json({ path, headers: headersOf(this.options) }, modelListSchema);
    return models.map(({ name }) => name.replace(/^models\//, ''));
  }

  async *chat(call: ModelCall): AsyncGenerator<ModelPart> {
    using stop = new CallSignal(call.signal, call.deadlineUnixMs);
    try {
      const { warnings, ...request } = toRequest(call, this.options);
      const response = await this.connection.open(request, stop.signal);
      yield* this.connection.parts(response, 'sse', new GenerateContentReader(this.options), warnings);
    } catch (error) {
      throw stop.explain(error);
    }
  }

  async embed(call: EmbedCall): Promise<Embeddings> {
    using stop = new CallSignal(call.signal, call.deadlineUnixMs);
    return await stop.instead(embed(this.connection, this.options, call, stop.signal));
  }

  async close(when: 'now' | 'idle'): Promise<void> {
    await this.connection.close(when);
  }
}
