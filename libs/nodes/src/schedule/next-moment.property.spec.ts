import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCron } from './cron.js';
import { nextMoment } from './next-moment.js';
import { TimeZone } from './time-zone.js';

const minuteMs = 60_000;
const quarterMs = 900_000;
const dayMs = 86_400_000;
/** Cases drawn, a tenth of the usual: each looks at every minute of two days around a jump. */
const numRuns = Math.ceil(Number(process.env['TREADLE_PROPERTY_RUNS'] ?? 2000) / 10);

/** Zones that jump by an hour, by half an hour, by two, at midnight, by a whole day, and not at all. */
const zones = [
  'Africa/Cairo',
  'America/New_York',
  'America/Sao_Paulo',
  'America/St_Johns',
  'Antarctica/Troll',
  'Asia/Beirut',
  'Asia/Kolkata',
  'Australia/Lord_Howe',
  'Europe/Berlin',
  'Europe/London',
  'Pacific/Apia',
  'UTC',
];

/** What one field may hold: the text, and the values it stands for; `undefined` for `*`. */
interface Field {
  readonly text: string;
  readonly values?: ReadonlySet<number>;
}

const field = (least: number, most: number): fc.Arbitrary<Field> => {
  const value = fc.integer({ min: least, max: most });
  const all = Array.from({ length: most - least + 1 }, (_, index) => least + index);
  return fc.oneof(
    { weight: 3, arbitrary: fc.constant({ text: '*' }) },
    { weight: 3, arbitrary: fc.uniqueArray(value, { minLength: 1, maxLength: 3 }).map(listed) },
    { weight: 1, arbitrary: fc.tuple(value, value).map(([a, b]) => ranged(Math.min(a, b), Math.max(a, b))) },
    {
      weight: 1,
      arbitrary: fc.integer({ min: 2, max: 7 }).map((step) => ({
        text: `*/${step}`,
        values: new Set(all.filter((one) => (one - least) % step === 0)),
      })),
    },
  );
};
const listed = (values: number[]): Field => ({ text: values.join(','), values: new Set(values) });
const ranged = (from: number, to: number): Field => ({
  text: `${from}-${to}`,
  values: new Set(Array.from({ length: to - from + 1 }, (_, index) => from + index)),
});

const cronFields = fc.tuple(field(0, 59), field(0, 23), field(1, 31), field(1, 12), field(0, 6));
type Fields = readonly [Field, Field, Field, Field, Field];

/** Whether a reading, written as UTC, is named by the fields. Two restricted days are alternatives, as cron has always had it. */
function isNamed([minute, hour, day, month, weekday]: Fields, reading: number): boolean {
  const at = new Date(reading);
  const has = ({ values }: Field, value: number) => values === undefined || values.has(value);
  const onDay = has(day, at.getUTCDate());
  const onWeekday = has(weekday, at.getUTCDay());
  const isDate = day.values && weekday.values ? onDay || onWeekday : onDay && onWeekday;
  return has(minute, at.getUTCMinutes()) && has(hour, at.getUTCHours()) && has(month, at.getUTCMonth() + 1) && isDate;
}

function remembered(read: (moment: number) => number): (moment: number) => number {
  const known = new Map<number, number>();
  return (moment) => {
    const reading = known.get(moment) ?? read(moment);
    known.set(moment, reading);
    return reading;
  };
}

/** The stated rule, minute by minute, with a clock of its own. */
function reference(fields: Fields, zone: string, from: number, to: number): number[] {
  const clock = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' });
  const clockAt = remembered((moment) => Date.parse(`${clock.format(moment).replace(' ', 'T')}Z`));
  // Reading the clock takes far longer than adding to it, so it is read in between only where it jumps.
  const readingAt = (moment: number) => {
    const quarter = Math.floor(moment / quarterMs) * quarterMs;
    const isSteady = clockAt(quarter + quarterMs) - clockAt(quarter) === quarterMs;
    return isSteady ? clockAt(quarter) + moment - quarter : clockAt(moment);
  };
  const everyHour = fields[1].text === '*';
  const seen = new Set<number>();
  const fired: number[] = [];
  let last = readingAt(from - 2 * dayMs - minuteMs);
  for (let at = from - 2 * dayMs; at < to; at += minuteMs) {
    const reading = readingAt(at);
    let fires = isNamed(fields, reading) && (everyHour || !seen.has(reading));
    if (!everyHour)
      for (let missed = last + minuteMs; missed < reading; missed += minuteMs) fires ||= isNamed(fields, missed);
    if (fires && at >= from) fired.push(at);
    seen.add(reading);
    last = reading;
  }
  return fired;
}

/** A moment near which a zone's clock jumps, if it does in that year; some moment of the year otherwise. */
function jumpIn(zone: TimeZone, year: number, second: boolean): number {
  const start = Date.UTC(year, 0, 1);
  const days = Array.from({ length: 365 }, (_, day) => start + day * dayMs);
  const jumps = days.filter((day) => zone.offsetAt(day) !== zone.offsetAt(day + dayMs));
  return (second ? jumps.at(-1) : jumps[0]) ?? start + 100 * dayMs;
}

describe('the moments of a schedule', () => {
  const windows = fc.record({
    zone: fc.constantFrom(...zones),
    year: fc.integer({ min: 1990, max: 2037 }),
    second: fc.boolean(),
    offset: fc.integer({ min: -720, max: 1440 }),
  });

  it('are those of the rule, strictly rising, wherever one begins to count', { timeout: 600_000 }, () => {
    fc.assert(
      fc.property(cronFields, windows, fc.array(fc.nat(2879), { maxLength: 8 }), (fields, window, starts) => {
        const cron = parseCron(fields.map(({ text }) => text).join(' '));
        const zone = TimeZone.find(window.zone);
        fc.pre(!('problem' in cron));
        if ('problem' in cron || !zone) throw new Error('not a schedule');
        const from = jumpIn(zone, window.year, window.second) - window.offset * minuteMs;
        const to = from + 2 * dayMs;
        const expected = reference(fields, window.zone, from, to);
        const found: number[] = [];
        for (let at = nextMoment(cron, zone, from - 1); at !== undefined && at < to; at = nextMoment(cron, zone, at))
          found.push(at);
        expect(found).toEqual(expected);
        for (const start of starts.map((minute) => from + minute * minuteMs)) {
          const next = expected.find((moment) => moment > start);
          if (next !== undefined) expect(nextMoment(cron, zone, start)).toBe(next);
        }
      }),
      { numRuns },
    );
  });
});
