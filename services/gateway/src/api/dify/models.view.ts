import type { ListModelsResponse } from '@treadle/contracts';
import { difyFailure } from './dify-error.js';

const types = ['llm', 'text-embedding', 'rerank', 'speech2text', 'moderation', 'tts'];

/** The models of each provider. Which of them embed is told by their names, since providers do not say it. */
export function modelsView({ models }: ListModelsResponse, tenantId: string, type: string) {
  if (!types.includes(type))
    throw difyFailure('invalid_param', `There are models of: ${types.join(', ')}.`, 'model_type');
  const ofType = models.filter(({ model }) => (/embed/i.test(model) ? 'text-embedding' : 'llm') === type);
  return [...Map.groupBy(ofType, ({ provider }) => provider)].map(([provider, its]) => ({
    tenant_id: tenantId,
    provider,
    label: { en_US: provider },
    icon_small: null,
    icon_large: null,
    status: 'active',
    models: its.map(({ model }) => ({
      model,
      label: { en_US: model },
      model_type: type,
      features: [],
      fetch_from: 'customizable-model',
      model_properties: type === 'llm' ? { mode: 'chat' } : {},
      deprecated: false,
      status: 'active',
      load_balancing_enabled: false,
    })),
  }));
}
