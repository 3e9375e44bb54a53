import { FailureError } from '@treadle/failure';
import { z } from 'zod';
import { CallSignal } from '../../domain/call-signal.js';
import type {
  EmbedCall,
  Embeddings,
  ModelCall,
  ModelPart,
  Provider,
  Ranking,
  RerankCall,
} from '../../domain/provider.js';
import { Connection, isEventStream } from '../wire/connection.js';
import type { OpenAnswer } from '../wire/exchange.js';
import { embed, rerank } from './embeddings.js';
import { ChatCompletionReader, fromPlainAnswer } from './from-stream.js';
import type { OpenAiCompatibleOptions } from './options.js';
import { authorization, endpoint, toRequest } from './to-request.js';

export type { OpenAiCompatibleOptions } from './options.js';

const modelListSchema = z.object({ data: z.array(z.object({ id: z.string() })) });

/** Any server that speaks OpenAI's chat completions protocol. */
export class OpenAiCompatibleProvider implements Provider {
  readonly name: string;
  readonly kind: string;
  readonly mergesRepeats: boolean;
  protected readonly connection: Connection;
  /** Turned off for good once the server refused to be asked. */
  private asksForUsage = true;

  constructor(private readonly options: OpenAiCompatibleOptions) {
    this.name = options.name;
    this.kind = options.kind;
    this.mergesRepeats = options.mergesRepeats ?? false;
    this.connection = new Connection(options);
  }

  async listModels(): Promise<readonly string[]> {
    const headers = { ...authorization(this.options), accept: 'application/json' };
    const request = { path: endpoint(this.options, 'models', ''), headers };
    const { data } = await this.connection.json(request, modelListSchema);
    return data.map(({ id }) => id);
  }

  async answer(call: ModelCall): Promise<readonly ModelPart[]> {
    using stop = new CallSignal(call.signal, call.deadlineUnixMs);
    try {
      const { warnings, ...request } = toRequest(call, this.options, 'whole');
      const response = await this.connection.open(request, stop.signal);
      if (isEventStream(response)) return await Array.fromAsync(this.events(response, warnings));
      return fromPlainAnswer(await this.connection.text(response), this.options, warnings);
    } catch (error) {
      throw stop.explain(error);
    }
  }

  async *chat(call: ModelCall): AsyncGenerator<ModelPart> {
    using stop = new CallSignal(call.signal, call.deadlineUnixMs);
    try {
      const { response, warnings } = await this.ask(call, stop.signal);
      if (isEventStream(response)) yield* this.events(response, warnings);
      else yield* fromPlainAnswer(await this.connection.text(response), this.options, warnings);
    } catch (error) {
      throw stop.explain(error);
    }
  }

  async embed(call: EmbedCall): Promise<Embeddings> {
    using stop = new CallSignal(call.signal, call.deadlineUnixMs);
    return await stop.instead(embed(this.connection, this.options, call, stop.signal));
  }

  async rerank(call: RerankCall): Promise<Ranking> {
    using stop = new CallSignal(call.signal, call.deadlineUnixMs);
    return await stop.instead(rerank(this.connection, this.options, call, stop.signal));
  }

  async close(when: 'now' | 'idle'): Promise<void> {
    await this.connection.close(when);
  }

  private events(response: OpenAnswer, warnings: readonly string[]): AsyncGenerator<ModelPart> {
    return this.connection.parts(response, 'sse', new ChatCompletionReader(this.options), warnings);
  }

  /** Sends the request; asks a second time where the server does not know `stream_options`. */
  private async ask(call: ModelCall, signal: AbortSignal) {
    const { warnings, ...request } = toRequest(call, this.options, this.asksForUsage ? 'stream with usage' : 'stream');
    try {
      return { response: await this.connection.open(request, signal), warnings };
    } catch (error) {
      if (!this.asksForUsage || !refusesStreamOptions(error)) throw error;
      this.asksForUsage = false;
      const again = toRequest(call, this.options, 'stream');
      return { response: await this.connection.open(again, signal), warnings };
    }
  }
}

function refusesStreamOptions(error: unknown): boolean {
  if (!(error instanceof FailureError)) return false;
  const { message, details } = error.failure;
  const status = details?.['status'];
  return (status === 400 || status === 422) && /stream_options|include_usage/.test(message);
}
