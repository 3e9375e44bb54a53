import type { Webhook } from '../api-types.js';

/** Where to send to a webhook, and its secret where it is shown. */
export function webhookText({ node_id, url, secret }: Webhook): string {
  const address = `Webhook "${node_id}": ${url}`;
  return secret === undefined ? address : `${address}\nIts secret, shown only now: ${secret}`;
}
