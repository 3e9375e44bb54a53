import { z } from 'zod';
import { flag, optionalText, pageLimit, userField } from './dify.schemas.js';

const moment = z
  .union([z.literal(''), z.iso.datetime({ offset: true, local: true }), z.iso.date()])
  .nullish()
  .transform((text) => (text ? Date.parse(text) : 0));

const statuses = {
  running: ['pending', 'running'],
  succeeded: ['completed'],
  'partial-succeeded': ['completed'],
  failed: ['failed'],
  stopped: ['cancelled'],
  paused: ['paused'],
} as const;

type LogStatus = keyof typeof statuses;

export const logsSchema = z.object({
  keyword: optionalText(200).meta({ description: 'A part of the end user, or of the id of the run.' }),
  status: z.enum(['', ...(Object.keys(statuses) as LogStatus[])]).nullish(),
  page: z.coerce.number().int().min(1).max(99_999).default(1),
  limit: pageLimit(20),
  created_at__before: moment,
  created_at__after: moment,
  created_by_end_user_session_id: optionalText(255),
});
export type LogsQuery = z.infer<typeof logsSchema>;

/** The states that a run of ours may be in; none takes all. */
export function runStatusesOf(status: LogsQuery['status']): string[] {
  return status ? [...statuses[status]] : [];
}

export const eventsSchema = z.object({ user: userField, include_state_snapshot: flag, continue_on_pause: flag });
export type EventsQuery = z.infer<typeof eventsSchema>;

export const logPageSchema = z
  .object({
    page: z.int(),
    limit: z.int(),
    total: z.int(),
    has_more: z.boolean(),
    data: z.array(z.record(z.string(), z.unknown())),
  })
  .meta({ id: 'DifyLogPage' });
