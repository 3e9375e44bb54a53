import { errorOutcome, textOutcome } from '../../domain/outcome.js';
import type { BuiltinTool } from '../../kinds/builtin/builtin-tool.js';

const formats = ['iso', 'unix', 'long'] as const;

/** Says what time it is, in a time zone. */
export const currentTime: BuiltinTool = {
  description: 'Tells the current date and time, in UTC or in a time zone.',
  parameters: {
    type: 'object',
    properties: {
      timezone: { type: 'string', description: 'An IANA time zone such as Europe/Berlin. UTC when left out.' },
      format: {
        type: 'string',
        enum: formats,
        description:
          'iso: 2026-01-31T12:00:00+01:00 (the default). unix: seconds since 1970. long: words, with the weekday.',
      },
    },
    additionalProperties: false,
  },
  mutating: false,
  call: ({ timezone, format }) => {
    const zone = typeof timezone === 'string' && timezone !== '' ? timezone : 'UTC';
    const now = new Date();
    if (format === 'unix') return textOutcome(String(Math.floor(now.getTime() / 1000)));
    try {
      const text = format === 'long' ? inWords(now, zone) : asIso(now, zone);
      return textOutcome(text);
    } catch {
      return errorOutcome(`There is no time zone "${zone.slice(0, 100)}". Use a name like Europe/Berlin or UTC.`);
    }
  },
};

const inWords = (now: Date, timeZone: string) =>
  new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeStyle: 'long', timeZone }).format(now);

function asIso(now: Date, timeZone: string): string {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZoneName: 'longOffset',
  }).formatToParts(now);
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.find((one) => one.type === type)?.value ?? '';
  const offset = part('timeZoneName').replace('GMT', '') || '+00:00';
  return `${part('year')}-${part('month')}-${part('day')}T${part('hour')}:${part('minute')}:${part('second')}${offset}`;
}
