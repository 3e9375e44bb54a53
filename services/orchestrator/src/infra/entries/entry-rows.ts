import type { Selectable } from 'kysely';
import type { ScheduleRow } from '../../domain/entries/schedule.repository.js';
import type { WebhookRow } from '../../domain/entries/webhook.repository.js';
import type { Database } from '../database.js';

export function webhookOf(row: Selectable<Database['webhooks']>): WebhookRow {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    workflowId: row.workflow_id,
    nodeId: row.node_id,
    version: row.version,
    sealedSecret: row.sealed_secret,
    active: row.active,
    createdAt: row.created_at.getTime(),
  };
}

export function scheduleOf(row: Selectable<Database['schedules']>): ScheduleRow {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    workflowId: row.workflow_id,
    nodeId: row.node_id,
    version: row.version,
    cron: row.cron,
    timezone: row.timezone,
    active: row.active,
    paused: row.paused,
    droppedCount: row.dropped_count,
    lastError: row.last_error,
    ...(row.next_fire_at ? { nextFireAt: row.next_fire_at.getTime() } : {}),
    ...(row.last_fired_at ? { lastFiredAt: row.last_fired_at.getTime() } : {}),
  };
}
