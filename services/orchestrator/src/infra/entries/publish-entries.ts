import { sql, type Transaction } from 'kysely';
import type { NewEntries, NewSchedule, NewWebhook } from '../../domain/entries/new-entries.js';
import type { WebhookRow } from '../../domain/entries/webhook.repository.js';
import type { Database } from '../database.js';
import { webhookOf } from './entry-rows.js';

/** The version that is being published. */
interface Published {
  readonly tenantId: string;
  readonly workflowId: string;
  readonly version: number;
}

/** Makes the triggers of a version the only active ones of its workflow. Gives its webhooks as they are now. */
export async function publishEntries(
  transaction: Transaction<Database>,
  published: Published,
  { webhooks, schedules }: NewEntries,
): Promise<WebhookRow[]> {
  for (const table of ['webhooks', 'schedules'] as const)
    await transaction
      .updateTable(table)
      .set({ active: false })
      .where('workflow_id', '=', published.workflowId)
      .where('node_id', 'not in', [...(table === 'webhooks' ? webhooks : schedules).map(({ nodeId }) => nodeId), ''])
      .execute();
  for (const schedule of schedules) await saveSchedule(transaction, published, schedule);
  const saved: WebhookRow[] = [];
  for (const webhook of webhooks) saved.push(await saveWebhook(transaction, published, webhook));
  return saved;
}

/** A node that had a webhook before keeps its id and secret. */
async function saveWebhook(
  transaction: Transaction<Database>,
  { tenantId, workflowId, version }: Published,
  { id, nodeId, sealedSecret }: NewWebhook,
): Promise<WebhookRow> {
  const row = await transaction
    .insertInto('webhooks')
    .values({
      id,
      tenant_id: tenantId,
      workflow_id: workflowId,
      node_id: nodeId,
      version,
      sealed_secret: sealedSecret,
      active: true,
    })
    .onConflict((conflict) => conflict.columns(['workflow_id', 'node_id']).doUpdateSet({ version, active: true }))
    .returningAll()
    .executeTakeFirstOrThrow();
  return webhookOf(row);
}

/** A schedule whose times stay the same keeps its next moment, so that publishing at that very moment misses nothing. */
async function saveSchedule(
  transaction: Transaction<Database>,
  { tenantId, workflowId, version }: Published,
  { id, nodeId, cron, timezone, nextFireAt }: NewSchedule,
): Promise<void> {
  await sql`
    insert into schedules as known (id, tenant_id, workflow_id, node_id, version, cron, timezone, next_fire_at, active)
    values (${id}, ${tenantId}, ${workflowId}, ${nodeId}, ${version}, ${cron}, ${timezone},
      ${nextFireAt === undefined ? null : new Date(nextFireAt)}, true)
    on conflict (workflow_id, node_id) do update set
      version = excluded.version, cron = excluded.cron, timezone = excluded.timezone, active = true, last_error = '',
      next_fire_at = case
        when known.active and (known.cron, known.timezone) = (excluded.cron, excluded.timezone) then known.next_fire_at
        else excluded.next_fire_at end
  `.execute(transaction);
}
