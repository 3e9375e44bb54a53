import type { Command } from 'commander';
import type { Page, Webhook } from '../api-types.js';
import { type CommandContext, print } from '../command-context.js';
import { table } from '../output/table.js';
import { webhookText } from '../output/webhook-text.js';
import type { Act } from './act.js';

const path = '/api/v1/webhooks';

export function addWebhooksCommand(program: Command, act: Act): void {
  const webhooks = program.command('webhooks').description('look at webhooks, or change a secret');
  webhooks
    .command('list')
    .description('every webhook and where to send to it')
    .addHelpText('after', '\nExample:\n  treadle webhooks list')
    .action(act<unknown>(list));
  webhooks
    .command('rotate')
    .description('give a webhook a new secret; the old one is worth nothing from then on')
    .argument('<webhook>', 'id of a webhook')
    .addHelpText('after', '\nExample:\n  treadle webhooks rotate 5QhX0a2mT1yQeC3kV8n9Wg')
    .action(act<unknown>(rotate));
}

async function list(context: CommandContext): Promise<void> {
  const { items } = await context.api.send<Page<Webhook>>(path, { signal: context.signal });
  print(context, items, () =>
    table(
      ['WEBHOOK', 'WORKFLOW', 'NODE', 'STATE', 'ADDRESS'],
      items.map(({ id, workflow_id, node_id, active, url }) => [
        id,
        workflow_id,
        node_id,
        active ? 'active' : 'inactive',
        url,
      ]),
    ),
  );
}

async function rotate(context: CommandContext, _options: unknown, id: string): Promise<void> {
  const webhook = await context.api.send<Webhook>(`${path}/${encodeURIComponent(id)}/rotate-secret`, {
    method: 'POST',
    signal: context.signal,
  });
  print(context, webhook, () => webhookText(webhook));
}
