import { z } from 'zod';
import { defineControlNode } from '../define-node.js';
import { parseCron } from './cron.js';
import { settleSchedule } from './schedule.route.js';
import { TimeZone } from './time-zone.js';

const ownOutputs = ['scheduled_at', 'timezone'];

export const scheduleConfigSchema = z.object({
  /** Five fields (minute, hour, day of month, month, day of week), or a nickname such as `@hourly`. */
  cron: z
    .string()
    .max(200)
    .superRefine((cron, context) => {
      const parsed = parseCron(cron);
      if ('problem' in parsed) context.addIssue(`"${cron}" is no cron expression: ${parsed.problem}`);
    }),
  /** A name of the IANA database. */
  timezone: z
    .string()
    .refine((name) => TimeZone.find(name) !== undefined, {
      error: ({ input }) => `"${String(input)}" is no time zone. Write one like "Europe/Berlin" or "UTC"`,
    })
    .default('UTC'),
  /**
   * What is done about moments that passed while nothing could run. `all` begins a run for each of the newest 100, in their order:
   * nothing is missed unless the author says that it may be. `latest` begins one, `none` none for what is over a minute old.
   */
  catch_up: z.enum(['all', 'latest', 'none']).default('all'),
  /** Given to every run, by name. */
  inputs: z
    .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/, 'use a name of letters, digits and "_"'), z.json())
    .refine((inputs) => ownOutputs.every((name) => !Object.hasOwn(inputs, name)), {
      error: `${ownOutputs.join(' and ')} are given by the schedule itself`,
    })
    .default({}),
});

export type ScheduleConfig = z.infer<typeof scheduleConfigSchema>;

export const schedule = defineControlNode<ScheduleConfig>({
  type: 'schedule',
  group: 'entry',
  trigger: 'schedule',
  title: 'Schedule',
  summary: 'Begins a run at the moments of a cron expression.',
  config: scheduleConfigSchema,
  reads: () => [{ selector: ['inputs', 'scheduled_at'], field: 'cron' }],
  handles: () => ['source'],
  outputs: ({ inputs }) => [...ownOutputs, ...Object.keys(inputs)],
  settle: settleSchedule,
});
