import { CallSignal } from '../../domain/call-signal.js';
import type { ModelCall, ModelPart } from '../../domain/provider.js';
import { OpenAiCompatibleProvider } from '../openai-compatible/index.js';
import { ResponsesReader } from './from-stream.js';
import type { OpenAiOptions } from './options.js';
import { toResponsesRequest } from './to-request.js';

/** OpenAI itself: chat completions as every compatible server has them, and the responses API. */
export class OpenAiProvider extends OpenAiCompatibleProvider {
  constructor(private readonly openAi: OpenAiOptions) {
    super({ ...openAi, dialect: { maxTokensName: 'max_completion_tokens' } });
  }

  override chat(call: ModelCall): AsyncGenerator<ModelPart> {
    return this.apiFor(call) === 'chat' ? super.chat(call) : this.respond(call);
  }

  override answer(call: ModelCall): Promise<readonly ModelPart[]> {
    return this.apiFor(call) === 'chat' ? super.answer(call) : Array.fromAsync(this.respond(call));
  }

  private apiFor({ reasoning }: ModelCall): 'chat' | 'responses' {
    return this.openAi.api ?? (reasoning ? 'responses' : 'chat');
  }

  private async *respond(call: ModelCall): AsyncGenerator<ModelPart> {
    using stop = new CallSignal(call.signal, call.deadlineUnixMs);
    try {
      const { warnings, ...request } = toResponsesRequest(call, this.openAi);
      const response = await this.connection.open(request, stop.signal);
      yield* this.connection.parts(response, 'sse', new ResponsesReader(this.openAi), warnings);
    } catch (error) {
      throw stop.explain(error);
    }
  }
}
