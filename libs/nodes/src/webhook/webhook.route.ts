import type { Read, Settlement } from '@treadle/workflow';
import { type WebhookConfig, webhookOutputs } from './webhook.descriptor.js';

/** Gives on what `checkWebhookRequest` made of the request. */
export function settleWebhook(config: WebhookConfig, read: Read): Settlement {
  const outputs = webhookOutputs(config).map((name) => [name, read(['inputs', name]) ?? null] as const);
  return { outputs: Object.fromEntries(outputs) };
}
