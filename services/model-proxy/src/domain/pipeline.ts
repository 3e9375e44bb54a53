import { FailureError } from '@treadle/failure';
import type { MoneyGate } from './money-gate.js';
import type { Provider } from './provider.js';
import type { ChatPart, ChatQuestion, EmbedAnswer, EmbedQuestion, RerankAnswer, RerankQuestion } from './question.js';
import type { Registry } from './registry.js';
import { resolveModel, type WantedModel } from './resolve-model.js';

export interface PipelineParts {
  readonly registry: Registry;
  /** `provider/model` or a model; empty for none. */
  readonly defaultModel: string;
  readonly money: MoneyGate;
}

/** What happens to a call on its way from a client to a provider and back. Throws `FailureError`. */
export class Pipeline {
  constructor(private readonly parts: PipelineParts) {}

  async *chat(question: ChatQuestion): AsyncGenerator<ChatPart> {
    const { provider, model, warning } = await this.resolve(question.wanted);
    for await (const part of provider.chat({ ...question, model })) {
      if (part.type !== 'finished') yield part;
      else {
        const warnings = warning ? [warning, ...part.warnings] : part.warnings;
        yield { ...part, warnings, provider: provider.name, model, cached: false };
      }
    }
  }

  async embed(question: EmbedQuestion): Promise<EmbedAnswer> {
    const { provider, model } = await this.resolve(question.wanted);
    if (!provider.embed) throw cannot(provider, 'embedding');
    return { ...(await provider.embed({ ...question, model })), provider: provider.name, model, cached: false };
  }

  async rerank(question: RerankQuestion): Promise<RerankAnswer> {
    const { provider, model } = await this.resolve(question.wanted);
    if (!provider.rerank) throw cannot(provider, 'reranking');
    return { ...(await provider.rerank({ ...question, model })), provider: provider.name, model, cached: false };
  }

  private async resolve(wanted: WantedModel) {
    const resolution = await resolveModel(this.parts.registry, this.parts.defaultModel, wanted);
    if (!resolution.served) throw new FailureError(resolution.failure);
    return resolution;
  }
}

function cannot(provider: Provider, what: string): FailureError {
  const message = `The provider "${provider.name}" has no ${what} models. Name one that has.`;
  return FailureError.of('invalid_argument', message, { field: 'model' });
}
