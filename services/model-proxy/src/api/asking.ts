import type { ModelName } from '@treadle/contracts';
import type { Spender } from '../domain/money-gate.js';
import type { WantedModel } from '../domain/resolve-model.js';

/** Whose money a request spends, without whatever else it carries. */
export function spenderOf({ tenantId, workflowId, runId, nodeKey, apiKeyId }: Spender): Spender {
  return { tenantId, workflowId, runId, nodeKey, apiKeyId };
}

export function wantedOf({ model }: { readonly model: ModelName | undefined }): WantedModel {
  return { provider: model?.provider ?? '', model: model?.model ?? '' };
}
