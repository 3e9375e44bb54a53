import type { PublishedWebhook, Schedule, Webhook } from '@treadle/contracts';
import { moment } from '../runs/run.view.js';

/** @param address of the gateway, as `publicAddress` gives it */
export function webhookView({ id, workflowId, nodeId, version, active, createdUnixMs }: Webhook, address: string) {
  return {
    id,
    workflow_id: workflowId,
    node_id: nodeId,
    version,
    active,
    url: `${address}/hooks/${id}`,
    created_at: moment(createdUnixMs),
  };
}

/** Webhooks of a version that was just published; the secret is there where it was just made. */
export function publishedWebhookViews(webhooks: readonly PublishedWebhook[], address: string) {
  return webhooks.flatMap(({ webhook, secret }) =>
    webhook ? [{ ...webhookView(webhook, address), ...(secret === '' ? {} : { secret }) }] : [],
  );
}

export function scheduleView(schedule: Schedule) {
  return {
    id: schedule.id,
    workflow_id: schedule.workflowId,
    node_id: schedule.nodeId,
    version: schedule.version,
    active: schedule.active,
    cron: schedule.cron,
    timezone: schedule.timezone,
    paused: schedule.paused,
    next_fire_at: moment(schedule.nextFireUnixMs),
    last_fired_at: moment(schedule.lastFiredUnixMs),
    dropped_count: schedule.droppedCount,
    last_error: schedule.lastError || null,
  };
}
