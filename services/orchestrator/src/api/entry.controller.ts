import { Controller } from '@nestjs/common';
import type * as contracts from '@treadle/contracts';
import type { EntryServiceService } from '@treadle/contracts';
import type { Handlers } from '@treadle/grpc';
import type { Entries } from '../domain/entries/entries.js';
import { type ReceiveWebhookPorts, receiveWebhook } from '../domain/entries/receive-webhook.js';
import type { ScheduleRow } from '../domain/entries/schedule.repository.js';
import type { WebhookRow } from '../domain/entries/webhook.repository.js';

/** Webhooks and schedules over gRPC, or called directly in standalone. */
@Controller()
export class EntryController implements Handlers<typeof EntryServiceService> {
  constructor(
    private readonly ports: ReceiveWebhookPorts,
    private readonly entries: Entries,
  ) {}

  async receiveWebhook(request: contracts.ReceiveWebhookRequest): Promise<contracts.ReceiveWebhookResponse> {
    const { tenantId, run, repeated, config } = await receiveWebhook(this.ports, request);
    return {
      tenantId,
      run,
      repeatedStart: repeated,
      wait: !config.async_response,
      statusCode: config.status_code ?? 0,
      responseBody: config.response_body ?? '',
    };
  }

  async listWebhooks({ tenantId, workflowId }: contracts.ListWebhooksRequest): Promise<contracts.ListWebhooksResponse> {
    return { webhooks: (await this.entries.listWebhooks(tenantId, workflowId)).map(webhookMessage) };
  }

  async rotateWebhookSecret(
    request: contracts.RotateWebhookSecretRequest,
  ): Promise<contracts.RotateWebhookSecretResponse> {
    const { webhook, secret } = await this.entries.rotateSecret(request.tenantId, request.webhookId);
    return { webhook: webhookMessage(webhook), secret };
  }

  async listSchedules({
    tenantId,
    workflowId,
  }: contracts.ListSchedulesRequest): Promise<contracts.ListSchedulesResponse> {
    return { schedules: (await this.entries.listSchedules(tenantId, workflowId)).map(scheduleMessage) };
  }

  async setSchedulePaused(request: contracts.SetSchedulePausedRequest): Promise<contracts.SetSchedulePausedResponse> {
    const { tenantId, scheduleId, paused } = request;
    return { schedule: scheduleMessage(await this.entries.setPaused(tenantId, scheduleId, paused)) };
  }
}

export function webhookMessage({ id, workflowId, nodeId, version, active, createdAt }: WebhookRow): contracts.Webhook {
  return { id, workflowId, nodeId, version, active, createdUnixMs: createdAt };
}

function scheduleMessage(row: ScheduleRow): contracts.Schedule {
  return {
    id: row.id,
    workflowId: row.workflowId,
    nodeId: row.nodeId,
    version: row.version,
    cron: row.cron,
    timezone: row.timezone,
    active: row.active,
    paused: row.paused,
    nextFireUnixMs: row.nextFireAt ?? 0,
    lastFiredUnixMs: row.lastFiredAt ?? 0,
    droppedCount: row.droppedCount,
    lastError: row.lastError,
  };
}
