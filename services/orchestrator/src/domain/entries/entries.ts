import { randomBytes } from 'node:crypto';
import { FailureError } from '@treadle/failure';
import { nextMoment, parseCron, type ScheduleConfig, TimeZone } from '@treadle/nodes';
import type { Vault } from '@treadle/secrets';
import type { Plan, PlanNode } from '@treadle/workflow';
import type { NewEntries, NewSchedule, NewWebhook } from './new-entries.js';
import type { ScheduleRepository, ScheduleRow } from './schedule.repository.js';
import type { WebhookRepository, WebhookRow } from './webhook.repository.js';

export interface EntriesOptions {
  readonly webhooks: WebhookRepository;
  readonly schedules: ScheduleRepository;
  readonly vault: Vault;
  /** The present, in milliseconds since the epoch. */
  readonly now: () => number;
}

/** Entries that a published version is to have, and the secrets of those webhooks that are really made. */
export interface PreparedEntries {
  readonly entries: NewEntries;
  /** By id of the webhook. */
  readonly secrets: ReadonlyMap<string, string>;
}

/** What can be done with webhooks and schedules, apart from beginning runs by them. */
export class Entries {
  constructor(private readonly options: EntriesOptions) {}

  /** Makes ready what publishing a plan stores. Whether a webhook is new is known only then, so each gets a secret to begin with. */
  async prepare(tenantId: string, plan: Plan): Promise<PreparedEntries> {
    const secrets = new Map<string, string>();
    const nodes = [...plan.nodes.values()];
    const webhooks: NewWebhook[] = [];
    for (const { id: nodeId } of nodes.filter(({ trigger }) => trigger === 'webhook')) {
      const id = randomToken();
      const secret = newSecret();
      secrets.set(id, secret);
      webhooks.push({ id, nodeId, sealedSecret: await this.options.vault.seal(tenantId, purposeOf(id), secret) });
    }
    const schedules = nodes.filter(({ trigger }) => trigger === 'schedule').map((node) => this.newSchedule(node));
    return { entries: { webhooks, schedules }, secrets };
  }

  listWebhooks(tenantId: string, workflowId: string): Promise<WebhookRow[]> {
    return this.options.webhooks.list(tenantId, workflowId);
  }

  listSchedules(tenantId: string, workflowId: string): Promise<ScheduleRow[]> {
    return this.options.schedules.list(tenantId, workflowId);
  }

  /** @throws FailureError `not_found`. */
  async rotateSecret(tenantId: string, id: string): Promise<{ webhook: WebhookRow; secret: string }> {
    const secret = newSecret();
    const sealed = await this.options.vault.seal(tenantId, purposeOf(id), secret);
    const webhook = await this.options.webhooks.replaceSecret(tenantId, id, sealed);
    if (!webhook) throw FailureError.of('not_found', `There is no webhook ${id.slice(0, 50)}.`, { field: 'id' });
    return { webhook, secret };
  }

  /** @throws FailureError `internal` when the secret does not open, `unavailable`. */
  async secretOf({ tenantId, id, sealedSecret }: WebhookRow): Promise<string> {
    return (await this.options.vault.open(tenantId, purposeOf(id), sealedSecret)).reveal();
  }

  /** A schedule goes on from its next moment; what passed while it was paused is not caught up. @throws FailureError `not_found`. */
  async setPaused(tenantId: string, id: string, paused: boolean): Promise<ScheduleRow> {
    const { schedules, now } = this.options;
    const found = await schedules.find(tenantId, id);
    const isSame = found?.paused === paused;
    const changed =
      found && !isSame ? await schedules.setPaused(tenantId, id, paused, nextFireAt(found, now())) : found;
    if (!changed) throw FailureError.of('not_found', `There is no schedule ${id.slice(0, 50)}.`, { field: 'id' });
    return changed;
  }

  private newSchedule({ id: nodeId, config }: PlanNode): NewSchedule {
    const { cron, timezone } = config as ScheduleConfig;
    const next = nextFireAt({ cron, timezone }, this.options.now());
    return { id: randomToken(), nodeId, cron, timezone, ...(next === undefined ? {} : { nextFireAt: next }) };
  }
}

/** The first moment of a schedule after another, in milliseconds since the epoch; `undefined` when none comes, or it can be read no more. */
export function nextFireAt(
  { cron, timezone }: Pick<ScheduleRow, 'cron' | 'timezone'>,
  after: number,
): number | undefined {
  const parsed = parseCron(cron);
  const zone = TimeZone.find(timezone);
  return 'problem' in parsed || zone === undefined ? undefined : nextMoment(parsed, zone, after);
}

/** 128 random bits: an id that nobody can guess. */
function randomToken(): string {
  return randomBytes(16).toString('base64url');
}

function newSecret(): string {
  return `whsec_${randomBytes(32).toString('base64url')}`;
}

const purposeOf = (webhookId: string) => `webhook:${webhookId}`;
