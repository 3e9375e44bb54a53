import { FailureError } from '@treadle/failure';
import type { ModelCall, ModelPart } from './provider.js';
import type { Registry } from './registry.js';
import { resolveModel, type WantedModel } from './resolve-model.js';

export interface ChatQuestion extends Omit<ModelCall, 'model'> {
  readonly model: WantedModel;
}

/** A part of an answer; the last one says who served it. */
export type ChatPart =
  | Exclude<ModelPart, { type: 'finished' }>
  | (Extract<ModelPart, { type: 'finished' }> & { readonly provider: string; readonly model: string });

/** Asks whoever serves the model. Throws `FailureError`. */
export async function* chat(
  registry: Registry,
  defaultModel: string,
  question: ChatQuestion,
): AsyncGenerator<ChatPart> {
  const resolution = await resolveModel(registry, defaultModel, question.model);
  if (!resolution.served) throw new FailureError(resolution.failure);
  const { provider, model, warning } = resolution;
  for await (const part of provider.chat({ ...question, model })) {
    if (part.type !== 'finished') yield part;
    else {
      const warnings = warning ? [warning, ...part.warnings] : part.warnings;
      yield { ...part, warnings, provider: provider.name, model };
    }
  }
}
