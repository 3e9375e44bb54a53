import type { Read, Settlement } from '@treadle/workflow';
import type { ScheduleConfig } from './schedule.descriptor.js';

/** Says which moment (ISO 8601) the run was begun for; it may have begun later. */
export function settleSchedule({ inputs, timezone }: ScheduleConfig, read: Read): Settlement {
  return { outputs: { ...inputs, scheduled_at: read(['inputs', 'scheduled_at']) ?? null, timezone } };
}
