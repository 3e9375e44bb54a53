import { z } from 'zod';

export const listTriggersQuery = z.strictObject({
  workflow_id: z.string().max(100).default('').meta({ description: 'Only those of this workflow.' }),
});
export type ListTriggersQuery = z.infer<typeof listTriggersQuery>;

const triggerFields = {
  id: z.string(),
  workflow_id: z.string(),
  node_id: z.string(),
  version: z.int().meta({ description: 'The published version that has it.' }),
  active: z.boolean().meta({ description: 'False once the published version has it no more.' }),
};

const webhookFields = {
  ...triggerFields,
  url: z.string().meta({ description: 'Where to send requests.' }),
  created_at: z.string(),
};

const secret = z.string().meta({
  description: 'Signs requests: `Treadle-Signature: t=<unix seconds>,v1=<hex HMAC-SHA256 of t.body>`. Shown only now.',
});

export const webhookSchema = z.object(webhookFields).meta({ id: 'Webhook' });
export const webhookListSchema = z.object({ items: z.array(webhookSchema) }).meta({ id: 'WebhookList' });
export const rotatedWebhookSchema = z.object({ ...webhookFields, secret }).meta({ id: 'RotatedWebhook' });
export const publishedWebhookSchema = z
  .object({ ...webhookFields, secret: secret.optional() })
  .meta({ id: 'PublishedWebhook' });

export const scheduleSchema = z
  .object({
    ...triggerFields,
    cron: z.string(),
    timezone: z.string(),
    paused: z.boolean(),
    next_fire_at: z.string().nullable(),
    last_fired_at: z.string().nullable().meta({ description: 'The last moment that a run was begun for.' }),
    dropped_count: z.int().meta({ description: 'Moments without a run, because the node leaves missed ones out.' }),
    last_error: z.string().nullable().meta({ description: 'Why the last moment began no run.' }),
  })
  .meta({ id: 'Schedule' });
export const scheduleListSchema = z.object({ items: z.array(scheduleSchema) }).meta({ id: 'ScheduleList' });
