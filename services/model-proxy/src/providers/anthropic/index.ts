import { z } from 'zod';
import { CallSignal } from '../../domain/call-signal.js';
import type { ModelCall, ModelPart, Provider } from '../../domain/provider.js';
import { Connection } from '../wire/connection.js';
import { pathOf } from '../wire/server-options.js';
import { MessagesReader } from './from-stream.js';
import type { AnthropicOptions } from './options.js';
import { headersOf, toRequest } from './to-request.js';

const modelListSchema = z.object({ data: z.array(z.object({ id: z.string() })) });

/** Anthropic's messages API. */
export class AnthropicProvider implements Provider {
  readonly name: string;
  readonly kind: string;
  private readonly connection: Connection;

  constructor(private readonly options: AnthropicOptions) {
    this.name = options.name;
    this.kind = options.kind;
    this.connection = new Connection(options);
  }

  async listModels(): Promise<readonly string[]> {
    const path = `${pathOf(this.options.baseUrl, 'v1/models')}?limit=1000`;
    const { data } = await this.connection.json({ path, headers: headersOf(this.options) }, modelListSchema);
    return data.map(({ id }) => id);
  }

  async *chat(call: ModelCall): AsyncGenerator<ModelPart> {
    using stop = new CallSignal(call.signal, call.deadlineUnixMs);
    try {
      const { warnings, ...request } = toRequest(call, this.options);
      const response = await this.connection.open(request, stop.signal);
      yield* this.connection.parts(response, 'sse', new MessagesReader(this.options), warnings);
    } catch (error) {
      throw stop.explain(error);
    }
  }

  async close(when: 'now' | 'idle'): Promise<void> {
    await this.connection.close(when);
  }
}
