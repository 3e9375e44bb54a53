import { scheduleConfigSchema, webhookConfigSchema } from '@treadle/nodes';
import type { JsonObject } from '@treadle/workflow';
import { describe, expect, it } from 'vitest';
import { importDify } from './import-dify.js';
import { translateSchedule, translateWebhook } from './triggers.js';

const cronOf = (config: JsonObject) => scheduleConfigSchema.parse(translateSchedule(config)).cron;

describe('triggers of Dify', () => {
  it('webhooks take typed parameters and answer as they did', () => {
    const config = translateWebhook({
      method: 'put',
      content_type: 'application/json',
      params: [{ name: 'page', type: 'number', required: true }],
      headers: [{ name: 'X-Event', required: false }],
      body: [{ name: 'labels', type: 'array[string]' }],
      status_code: 201,
      response_body: '{"ok":true}',
    });
    expect(webhookConfigSchema.parse(config)).toMatchObject({
      method: 'PUT',
      query: [{ name: 'page', type: 'number', required: true }],
      headers: [{ name: 'X-Event', type: 'string', required: false }],
      body: [{ name: 'labels', type: 'array[string]' }],
      signature: 'none',
      async_response: true,
      status_code: 201,
      response_body: '{"ok":true}',
    });
  });

  it.each<[JsonObject, string]>([
    [{ mode: 'cron', cron_expression: '0 9 ? * 1-5' }, '0 9 * * 1-5'],
    [{ mode: 'visual', frequency: 'hourly', visual_config: { on_minute: 20 } }, '20 * * * *'],
    [{ mode: 'visual', frequency: 'daily', visual_config: { time: '12:05 AM' } }, '5 0 * * *'],
    [{ mode: 'visual', frequency: 'daily', visual_config: { time: '12:00 PM' } }, '0 12 * * *'],
    [
      { mode: 'visual', frequency: 'weekly', visual_config: { time: '2:30 PM', weekdays: ['mon', 'fri'] } },
      '30 14 * * mon,fri',
    ],
    [
      { mode: 'visual', frequency: 'monthly', visual_config: { time: '9:00 AM', monthly_days: [1, 'last'] } },
      '0 9 1,L * *',
    ],
  ])('schedules become expressions: %j', (config, cron) => {
    expect(cronOf(config)).toBe(cron);
  });

  it('begin runs of an app that has no start node', () => {
    const node = (id: string, data: object) => ({ id, type: 'custom', data: { title: '', ...data } });
    const { document, warnings } = importDify({
      app: { name: 'nightly', mode: 'workflow' },
      kind: 'app',
      version: '0.6.0',
      workflow: {
        graph: {
          nodes: [
            node('1', { type: 'trigger-schedule', mode: 'cron', cron_expression: '@daily', timezone: 'Asia/Tokyo' }),
            node('2', { type: 'end', outputs: [] }),
          ],
          edges: [{ source: '1', target: '2' }],
        },
      },
    });
    expect(warnings).toEqual([]);
    expect(document.nodes[0]).toMatchObject({ type: 'schedule', config: { cron: '@daily', timezone: 'Asia/Tokyo' } });
  });
});
