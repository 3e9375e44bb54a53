import { Cron } from 'croner';

/** A cron expression, as readings of a clock that never jumps. */
export interface CronExpression {
  /** Whether it names minutes of every hour rather than times of the day. */
  readonly everyHour: boolean;
  /** The first reading it names after the given one, both as UTC's clock shows them; `undefined` when there is none. */
  readonly next: (reading: number) => number | undefined;
}

/** Short ways to write the most common ones. */
const nicknames: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

/** Numbers, names, lists, ranges and steps; `L` for the last day and `5#2` for the second Friday. */
const fieldPattern = /^[\dA-Z*,/#-]+$/i;

/** What comes at all comes within a century. The search ends with the year 2999, so that nothing comes is found out soonest from here. */
const lastCentury = Date.UTC(2900, 0);

/** Reads an expression of five fields (minute, hour, day of month, month, day of week) or a nickname, or says what is wrong with it. */
export function parseCron(written: string): CronExpression | { readonly problem: string } {
  const text = nicknames[written.trim().toLowerCase()] ?? written.trim();
  const fields = text.split(/\s+/);
  if (fields.length !== 5 || !fields.every((field) => fieldPattern.test(field)))
    return { problem: 'write five fields (minute, hour, day of month, month, day of week) like "30 9 * * 1-5"' };
  try {
    const cron = new Cron(fields.join(' '), { mode: '5-part', utcOffset: 0, paused: true });
    const next = (reading: number) => cron.nextRun(new Date(reading))?.getTime();
    if (next(lastCentury) === undefined) return { problem: 'names a day that never comes' };
    return { everyHour: fields[1] === '*', next };
  } catch (error) {
    return { problem: (error as Error).message.replace(/^CronPattern: /, '').replace(/\.$/, '') };
  }
}
