import { isJsonObject, type Json, type JsonObject } from '@treadle/workflow';
import { listOf, textOf } from './dify-values.js';

/** Senders of such an app sign nothing; whoever wants signatures sets `signature` after the import. */
export function translateWebhook(config: JsonObject): JsonObject {
  const { method, content_type, headers, params, body, status_code, response_body } = config;
  return {
    method: typeof method === 'string' ? method.toUpperCase() : 'POST',
    content_type: content_type || 'application/json',
    headers: listOf(headers).map(parameterOf),
    query: listOf(params).map(parameterOf),
    body: listOf(body).map(parameterOf),
    signature: 'none',
    status_code: status_code ?? 200,
    response_body: response_body ?? null,
  };
}

function parameterOf(item: Json): Json {
  if (!isJsonObject(item)) return item;
  const { name, type, required } = item;
  return { name: name ?? '', type: type || 'string', required: required === true };
}

/** What was chosen from a form becomes the expression it stands for. */
export function translateSchedule(config: JsonObject): JsonObject {
  const { mode, cron_expression, frequency, visual_config, timezone } = config;
  const written = textOf(cron_expression).replaceAll('?', '*');
  const chosen = isJsonObject(visual_config) ? visual_config : {};
  return { cron: mode === 'cron' ? written : cronOf(textOf(frequency), chosen), timezone: timezone || 'UTC' };
}

function cronOf(frequency: string, { time, on_minute, weekdays, monthly_days }: JsonObject): string {
  const at = timeOfDay(textOf(time));
  switch (frequency) {
    case 'hourly':
      return `${textOf(on_minute ?? 0)} * * * *`;
    case 'weekly':
      return `${at} * * ${listOf(weekdays).map(textOf).join(',')}`;
    case 'monthly':
      return `${at} ${listOf(monthly_days)
        .map((day) => (day === 'last' ? 'L' : textOf(day)))
        .join(',')} * *`;
    default:
      return `${at} * * *`;
  }
}

/** `2:30 PM` as minute and hour of an expression. */
function timeOfDay(time: string): string {
  const [, hour = '0', minute = '0', half = ''] = /^(\d{1,2}):(\d{2})\s*([AP]M)?$/i.exec(time.trim()) ?? [];
  const noon = half.toUpperCase() === 'PM' ? 12 : 0;
  return `${Number(minute)} ${half === '' ? Number(hour) : (Number(hour) % 12) + noon}`;
}
